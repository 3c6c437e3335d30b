import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Disc,
  dotAt,
  dotNear,
  mapLayout,
  type MapNode,
} from "../../../src/explorer/page/map_layout.ts";
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

/** Nodes of which no two share anybody. */
function strangers(sizes: readonly number[]): MapNode[] {
  let next = 0;
  return sizes.map((size, i) => ({
    key: `wss://relay${i}.example/`,
    people: Array.from({ length: size }, () => next++),
  }));
}

/** How much lies between the rims of two discs. */
function between(a: Disc, b: Disc): number {
  return Math.hypot(a.x - b.x, a.y - b.y) - a.r - b.r;
}

Deno.test("mapLayout() fills half of the map, in its middle, with room for names", () => {
  const many = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 4, maxLength: 25 });
  fc.assert(
    fc.property(many, fc.constantFrom(...MAPS), (sizes, { width, height }) => {
      const { discs, spacing } = mapLayout(strangers(sizes), { width, height });
      assert.ok(spacing >= 1.2 && spacing <= 9);
      // With 5.5 pixels around each for what lies between discs.
      const filled = discs.reduce((sum, { r }) => sum + Math.PI * (r + 5.5) ** 2, 0);
      const share = filled / (width * height);
      if (spacing > 1.21 && spacing < 8.99) assert.ok(share > 0.52 && share < 0.56, `${share}`);
      const margin = (of: (disc: Disc) => number) => Math.min(...discs.map(of));
      const [left, right] = [margin(({ x, r }) => x - r), margin(({ x, r }) => width - x - r)];
      const [top, bottom] = [margin(({ y, r }) => y - r), margin(({ y, r }) => height - y - r)];
      assert.ok(Math.abs(left - right) < 0.01, `${left} ${right}`);
      // A name is written below the lowest.
      assert.ok(Math.abs(bottom - top - 17) < 0.01, `${top} ${bottom}`);
    }),
    { numRuns: 30 },
  );
});

Deno.test("mapLayout() keeps discs so far apart that names have room, and few close together", () => {
  const zipf = Array.from({ length: 20 }, (_, i) => Math.ceil(600 / (i + 1)));
  for (const map of MAPS) {
    for (const sizes of [zipf, [500, 400, 80, 60, 50, 30, 20, 10, 9, 8], [1, 1, 1]]) {
      const { discs } = mapLayout(strangers(sizes), map);
      for (const [i, a] of discs.entries()) {
        for (const b of discs.slice(i + 1)) assert.ok(between(a, b) > 11, `${between(a, b)}`);
      }
    }
    const { discs } = mapLayout(strangers([1, 1, 1]), map);
    for (const a of discs) for (const b of discs) assert.ok(between(a, b) < 60);
    assert.equal(mapLayout(strangers([1, 1, 1]), map).spacing.toFixed(2), "9.00");
  }
});

Deno.test("mapLayout() puts relays nearer to each other, the more of their people they share", () => {
  const distance = (shared: number, of: number) => {
    const nodes = strangers(Array(20).fill(30));
    const people = [...nodes[1].people.slice(0, shared), ...nodes[15].people.slice(shared, of)];
    nodes[15] = { ...nodes[15], people };
    const { discs } = mapLayout(nodes, MAPS[0]);
    return Math.hypot(discs[1].x - discs[15].x, discs[1].y - discs[15].y);
  };
  const [all, one, none] = [distance(30, 30), distance(1, 30), distance(0, 30)];
  assert.ok(all < 0.9 * none, `${all} ${none}`);
  assert.ok(all < 0.95 * one, `${all} ${one}`);
  // All of a small one's are few of a big one's.
});

Deno.test("mapLayout() leaves discs where they were, and makes room for a new one", () => {
  const sizes = [500, 400, 80, 60, 50, 30, 20, 10, 9, 8];
  for (const map of MAPS) {
    const { discs } = mapLayout(strangers(sizes), map);
    const again = mapLayout(strangers(sizes), map, discs);
    for (const [i, { x, y }] of again.discs.entries()) {
      assert.ok(Math.hypot(discs[i].x - x, discs[i].y - y) < 7);
    }
    const more = mapLayout(strangers([...sizes, 120]), map, discs).discs;
    for (const [i, a] of more.entries()) {
      for (const b of more.slice(i + 1)) assert.ok(between(a, b) > -5, `${between(a, b)}`);
    }
  }
});

Deno.test("dotAt() fills the disc with dots that lie apart, and leaves its rim free", () => {
  for (const size of [1, 2, 20, 300]) {
    const { discs: [disc], spacing } = mapLayout(strangers([size]), MAPS[1]);
    const dots = Array.from({ length: size }, (_, i) => dotAt(i, spacing));
    const reach = Math.max(...dots.map(([x, y]) => Math.hypot(x, y)));
    assert.ok(reach <= disc.r - 5 && reach > 0.9 * spacing * Math.sqrt(size - 0.5), `${reach}`);
    for (const [i, [x, y]] of dots.entries()) {
      for (const [x2, y2] of dots.slice(i + 1)) {
        assert.ok(Math.hypot(x - x2, y - y2) > 1.4 * spacing);
      }
    }
  }
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

Deno.test("dotNear() is the nearest dot within a little more than the spacing, or none", () => {
  const place = fc.double({ min: -60, max: 60, noNaN: true });
  fc.assert(fc.property(place, place, fc.integer({ min: 1, max: 120 }), (x, y, count) => {
    const spacing = 4;
    const distances = Array.from({ length: count }, (_, i) => {
      const [dotX, dotY] = dotAt(i, spacing);
      return Math.hypot(dotX - x, dotY - y);
    });
    const least = Math.min(...distances);
    const expected = least < 1.1 * spacing ? distances.indexOf(least) : -1;
    assert.equal(dotNear(x, y, count, spacing), expected);
  }));
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
