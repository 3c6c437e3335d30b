import fc from "fast-check";
import assert from "node:assert/strict";
import { chooseInboxes } from "../../src/plan/choose_inboxes.ts";
import { RelayGraphBuilder } from "../../src/plan/relay_graph.ts";

/** Users' read relays, the relays that get the event anyway, and the cap. */
interface World {
  readonly inboxes: string[][];
  readonly taken: string[];
  readonly maxInboxes: number;
  readonly weight: (url: string) => number;
}

const RELAYS = [..."qwertzu"];

const worlds: fc.Arbitrary<World> = fc.record({
  inboxes: fc.array(fc.uniqueArray(fc.constantFrom(...RELAYS), { maxLength: 5 }), { maxLength: 7 }),
  taken: fc.subarray(RELAYS, { maxLength: 3 }),
  maxInboxes: fc.integer({ min: 0, max: 8 }),
  weight: fc.constantFrom(() => 1, (url: string) => 1 + url.charCodeAt(0) % 3),
});

function choose({ inboxes, taken, maxInboxes, weight }: World): string[] {
  const builder = new RelayGraphBuilder((url) => url, weight);
  for (const urls of inboxes) {
    builder.add(urls);
    builder.endRow();
  }
  const graph = builder.build();
  const ids = new Set(taken.map((url) => graph.urls.indexOf(url)).filter((id) => id >= 0));
  return chooseInboxes(graph, ids, maxInboxes).map((id) => graph.urls[id]);
}

/** How many of these users have one of these relays. */
function reached(inboxes: string[][], relays: string[]): number {
  return inboxes.filter((urls) => urls.some((url) => relays.includes(url))).length;
}

Deno.test("chooseInboxes() does what a plain loop over all users and relays does", () => {
  fc.assert(fc.property(worlds, (world) => {
    const { inboxes, taken, maxInboxes, weight } = world;
    const chosen: string[] = [];
    const count = (urls: string[]) =>
      urls.filter((url) => taken.includes(url) || chosen.includes(url)).length;
    for (let round = 0; round <= RELAYS.length; round++) {
      while (chosen.length < maxInboxes) {
        const gain = (url: string) =>
          inboxes.filter((urls) => urls.includes(url) && count(urls) === round).length;
        const [best] = RELAYS
          .filter((url) => !taken.includes(url) && !chosen.includes(url) && gain(url) > 0)
          .sort((a, b) => gain(b) - gain(a) || weight(b) - weight(a) || (a < b ? -1 : 1));
        if (best === undefined) break;
        chosen.push(best);
      }
    }
    assert.deepEqual(choose(world), chosen);
  }));
});

Deno.test("chooseInboxes() reaches at least 63 % of the users that the best choice reaches", () => {
  fc.assert(fc.property(worlds, (world) => {
    const { inboxes, taken, maxInboxes } = world;
    const free = RELAYS.filter((url) => !taken.includes(url));
    const others = inboxes.filter((urls) => reached([urls], taken) === 0);
    let best = 0;
    for (let set = 0; set < 1 << free.length; set++) {
      const some = free.filter((_, i) => set & 1 << i);
      if (some.length <= maxInboxes) best = Math.max(best, reached(others, some));
    }
    assert.ok(reached(others, choose(world)) >= best * (1 - 1 / Math.E));
  }));
});

Deno.test("chooseInboxes() chooses all inboxes if maxInboxes allows", () => {
  fc.assert(fc.property(worlds, (world) => {
    const wanted = new Set(world.inboxes.flat().filter((url) => !world.taken.includes(url)));
    assert.deepEqual(new Set(choose({ ...world, maxInboxes: RELAYS.length })), wanted);
  }));
});

Deno.test("chooseInboxes() does not depend on the order of its input", () => {
  fc.assert(fc.property(worlds, (world) => {
    const inboxes = world.inboxes.map((urls) => [...urls].reverse()).reverse();
    assert.deepEqual(choose({ ...world, inboxes }), choose(world));
  }));
});

Deno.test("chooseInboxes() with a smaller cap chooses the first relays of a larger one", () => {
  fc.assert(fc.property(worlds, (world) => {
    const more = choose({ ...world, maxInboxes: world.maxInboxes + 1 });
    assert.deepEqual(choose(world), more.slice(0, world.maxInboxes));
  }));
});

Deno.test("chooseInboxes() chooses the heavier of two relays that serve as many users, else the smaller URL", () => {
  const world = { inboxes: [["a", "b", "c"]], taken: [], maxInboxes: 1, weight: () => 1 };
  assert.deepEqual(choose(world), ["a"]);
  assert.deepEqual(choose({ ...world, weight: (url) => url === "b" ? 2 : 1 }), ["b"]);
});
