import assert from "node:assert/strict";
import { curvePlot } from "../../src/cli/curve_plot.ts";
import fc from "fast-check";

const paint = { curve: (text: string) => text, mark: (text: string) => text };

Deno.test("curvePlot() draws a column for each share, and a scale", () => {
  const shares = [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1];
  assert.equal(
    curvePlot({ shares, marked: 10, height: 4, paint }),
    [
      " 100 % ┤    ██████",
      "       ┤   ███████",
      "  50 % ┤  ████████",
      "       ┤ █████████",
      "   0 % └──────────",
      "        1       10",
    ].join("\n"),
  );
});

Deno.test("curvePlot() paints the marked column otherwise", () => {
  const text = curvePlot({
    shares: [1, 1],
    marked: 2,
    height: 1,
    paint: { curve: () => "c", mark: () => "m" },
  });
  assert.match(text, /┤cm$/m);
});

Deno.test("curvePlot() fills each column by its share, to an eighth of a line", () => {
  const parts = " ▁▂▃▄▅▆▇█";
  const share = fc.integer({ min: 0, max: 64 }).map((eighths) => eighths / 64);
  fc.assert(fc.property(fc.array(share, { minLength: 1, maxLength: 60 }), (shares) => {
    const lines = curvePlot({ shares, marked: 0, height: 8, paint }).split("\n").slice(0, 8)
      .map((line) => line.slice(line.indexOf("┤") + 1));
    for (const [i, share] of shares.entries()) {
      const eighths = lines.reduce((sum, line) => sum + parts.indexOf(line[i] ?? " "), 0);
      assert.equal(eighths, share * 64);
    }
  }));
});
