import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { parseEvents, readEventsFile } from "../../src/cli/read_events_file.ts";
import { Signer } from "../../testing/signer.ts";

const alice = new Signer(1);
const [one, two] = [alice.sign({ content: "one\nline" }), alice.sign({ content: "two" })];

Deno.test("parseEvents() reads one event, an array, and one a line", () => {
  const both = [one, two];
  assert.deepEqual(parseEvents(JSON.stringify(one, null, 2), "x"), [one]);
  assert.deepEqual(parseEvents(JSON.stringify(both), "x"), both);
  assert.deepEqual(parseEvents(`\uFEFF${JSON.stringify(both)}`, "x"), both);
  assert.deepEqual(parseEvents(`${JSON.stringify(one)}\n${JSON.stringify(one)}`, "x"), [one]);
  assert.deepEqual(parseEvents(`${JSON.stringify(one)}\r\n\n${JSON.stringify(two)}\n`, "x"), both);
});

Deno.test("parseEvents() says which event is wrong, and how", () => {
  const cases: [string, RegExp][] = [
    ["", /^UsageError: Cannot publish from x: it holds no event$/],
    ["[]", /holds no event/],
    [`${JSON.stringify(one)}\nnonsense`, /line 2 is not JSON/],
    [JSON.stringify([one, { ...two, sig: 1 }]), /event 2 is not sendable: /],
    [
      JSON.stringify([one, { ...two, content: "changed" }]),
      /the id or the signature of event 2 is wrong, and no relay would take it$/,
    ],
    ["null", /event 1 is not sendable/],
    ["7", /event 1 is not sendable/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseEvents(text, "x"), message);
});

Deno.test("readEventsFile() reads stdin, and says that there is no file", async () => {
  const stdin = Readable.from([JSON.stringify(one).slice(0, 9), JSON.stringify(one).slice(9)]);
  assert.deepEqual(await readEventsFile("-", stdin), [one]);
  await assert.rejects(
    readEventsFile("/nowhere/x.json", stdin),
    /^UsageError: Cannot read \/nowhere/,
  );
});
