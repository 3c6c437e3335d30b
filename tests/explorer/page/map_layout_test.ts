import assert from "node:assert/strict";
import fc from "fast-check";
import { dotAt, dotNear, mapLayout, type MapNode } from "../../../src/explorer/page/map_layout.ts";
import { placeLabels } from "../../../src/explorer/page/map_labels.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 30 });
const MAPS = [{ width: 840, height: 660 }, { width: 340, height: 430 }];

function nodesOf(sizes: readonly number[]): MapNode[] {
  return sizes.map((size, i) => ({
    key: `wss://relay${i}.example/`,
    people: Array.from({ length: size }, (_, person) => person * 7 % 600),
  }));
}

Deno.test("mapLayout() keeps all discs on the map, and big ones apart", () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(...MAPS), (sizes, map) => {
      const { discs, spacing } = mapLayout(nodesOf(sizes), map);
      assert.equal(discs.length, sizes.length);
      for (const { x, y, r, people } of discs) {
        assert.ok(x >= r && x <= map.width - r && y >= r && y <= map.height - r);
        assert.ok(r >= spacing * Math.sqrt(people.length));
      }
      let covered = 0, area = 0;
      for (const [i, a] of discs.entries()) {
        area += a.r ** 2;
        for (const b of discs.slice(i + 1)) {
          covered += Math.max(0, a.r + b.r - Math.hypot(a.x - b.x, a.y - b.y)) ** 2;
        }
      }
      assert.ok(covered <= 0.1 * area, `${covered} of ${area}`);
    }),
    { numRuns: 30 },
  );
});

Deno.test("mapLayout() is the same for the same nodes, and moves little where little changes", () => {
  const nodes = nodesOf([500, 400, 80, 60, 50, 30, 20, 10, 9, 8]);
  const [map] = MAPS;
  const first = mapLayout(nodes, map);
  assert.deepEqual(mapLayout(nodes, map), first);
  const next = mapLayout(
    [...nodes, { key: "wss://new.example/", people: [1, 2] }],
    map,
    first.discs,
  );
  for (const [i, { x, y }] of first.discs.entries()) {
    assert.ok(Math.hypot(next.discs[i].x - x, next.discs[i].y - y) < 120);
  }
});

Deno.test("mapLayout() lays out nothing, and more than fits", () => {
  assert.deepEqual(mapLayout([], MAPS[0]).discs, []);
  const many = mapLayout(nodesOf(Array(51).fill(3_000)), { width: 300, height: 300 });
  assert.ok(many.discs.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)));
});

Deno.test("dotNear() finds each dot where dotAt() puts it", () => {
  for (const spacing of [1.5, 4, 9]) {
    for (let i = 0; i < 300; i++) {
      const [x, y] = dotAt(i, spacing);
      assert.equal(dotNear(x, y, 300, spacing), i);
    }
    assert.equal(dotNear(5_000, 0, 300, spacing), -1);
  }
});

Deno.test("placeLabels() lets no two labels overlap, nor any leave the map", () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(...MAPS), (sizes, map) => {
      const { discs } = mapLayout(nodesOf(sizes), map);
      const labels = placeLabels(discs, { ...map, textOf: ({ key }) => key.slice(6, -1) })
        .filter((label) => label !== undefined);
      for (const [i, a] of labels.entries()) {
        assert.ok(a.x > 0 && a.x < map.width && a.y >= 0 && a.y <= map.height - 14);
        for (const b of labels.slice(i + 1)) {
          const isApart = Math.abs(a.y - b.y) >= 13.9 ||
            Math.abs(a.x - b.x) >= (a.text.length + b.text.length) * 3;
          assert.ok(isApart, `${a.text} ${b.text}`);
        }
      }
    }),
    { numRuns: 30 },
  );
});
