import assert from "node:assert/strict";
import fc from "fast-check";
import { mapLayout, type MapNode } from "../../../src/explorer/page/map_layout.ts";
import { ARROWS, type Dot, dotPlace, nextDot } from "../../../src/explorer/page/next_dot.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

function layoutOf(sizes: readonly number[]) {
  const nodes = sizes.map((size, i): MapNode => ({
    key: `wss://relay${i}.example/`,
    people: Array.from({ length: size }, (_, person) => person),
  }));
  return mapLayout(nodes, { width: 840, height: 660 });
}

function dotsOf(sizes: readonly number[]): Dot[] {
  return sizes.flatMap((size, disc) =>
    Array.from({ length: size }, (_, index) => ({ disc, index }))
  );
}

Deno.test("nextDot() gives the nearest dot of those that lie more in the direction than beside it", () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (sizes, pick) => {
      const layout = layoutOf(sizes);
      const dots = dotsOf(sizes);
      const from = dots[pick % dots.length];
      const [fromX, fromY] = dotPlace(layout, from);
      for (const [name, step] of Object.entries(ARROWS)) {
        const there = dots.map((dot) => {
          const [x, y] = dotPlace(layout, dot);
          return { dot, distance: Math.hypot(x - fromX, y - fromY), turn: [x - fromX, y - fromY] };
        }).filter(({ turn: [x, y] }) => {
          const degrees = Math.atan2(y, x) * 180 / Math.PI;
          const wanted = { ArrowRight: 0, ArrowDown: 90, ArrowLeft: 180, ArrowUp: -90 }[name]!;
          const apart = Math.abs((degrees - wanted + 540) % 360 - 180);
          return (x !== 0 || y !== 0) && apart <= 45;
        }).sort((a, b) => a.distance - b.distance);
        assert.deepEqual(nextDot(layout, from, step), there[0]?.dot, name);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("nextDot() reaches every dot of the map from every other", () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (sizes, pick) => {
      const layout = layoutOf(sizes);
      const dots = dotsOf(sizes);
      const keyOf = ({ disc, index }: Dot) => `${disc} ${index}`;
      const first = dots[pick % dots.length];
      const reached = new Map([[keyOf(first), first]]);
      for (const dot of reached.values()) {
        for (const step of Object.values(ARROWS)) {
          const next = nextDot(layout, dot, step);
          if (next) reached.set(keyOf(next), next);
        }
      }
      assert.equal(reached.size, dots.length);
    }),
    { numRuns: 30 },
  );
});
