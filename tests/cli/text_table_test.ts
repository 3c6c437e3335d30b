import assert from "node:assert/strict";
import picocolors from "picocolors";
import { textTable } from "../../src/cli/text_table.ts";
import { PLAIN } from "../support/cli_process.ts";

Deno.test("textTable() aligns columns, and leaves out empty ones", () => {
  const columns = [
    { head: "relay" },
    { head: "people", align: "right" as const },
    { head: "nothing" },
    { head: "who" },
  ];
  const rows = [["wss://a/", "1", "", "Ada"], ["wss://long/", "120", "", "Bob, Carol"]];
  assert.equal(
    textTable(columns, rows, PLAIN),
    "relay        people  who\nwss://a/          1  Ada\nwss://long/     120  Bob, Carol",
  );
});

Deno.test("textTable() cuts the last column to the width of the terminal", () => {
  const rows = [["wss://a/", "x".repeat(200)]];
  const [, line] = textTable([{ head: "relay" }, { head: "text" }], rows, PLAIN).split("\n");
  assert.equal([...line].length, 100);
  assert.match(line, /x…$/);
});

Deno.test("textTable() counts no colour as width", () => {
  const colors = picocolors.createColors(true);
  const columns = [{ head: "a", paint: (cell: string) => colors.red(cell) }, { head: "b" }];
  const text = textTable(columns, [["one", "x"], ["three", "y"]], { colors, columns: 80 });
  // deno-lint-ignore no-control-regex -- it finds colours
  assert.equal(text.replace(/\u001b\[\d+m/g, ""), "a      b\none    x\nthree  y");
  assert.ok(text.includes("\u001b[31mone"));
});
