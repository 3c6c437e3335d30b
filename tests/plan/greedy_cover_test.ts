import fc from "fast-check";
import assert from "node:assert/strict";
import { greedyCover } from "../../src/plan/greedy_cover.ts";
import { type RelayGraph, RelayGraphBuilder } from "../../src/plan/relay_graph.ts";
import { RELAYS, someOf } from "../support/requests.ts";

/** Lists and weights of a small world. */
interface Small {
  readonly lists: string[][];
  readonly weights: number[];
  readonly relaysPerSubject: number;
  readonly maxRelays: number;
}

const worlds: fc.Arbitrary<Small> = fc.record({
  lists: fc.array(someOf(RELAYS, 5), { maxLength: 12 }),
  weights: fc.oneof(
    fc.constant(RELAYS.map(() => 1)),
    fc.array(fc.constantFrom(0.1, 0.5, 1, 3), { minLength: 10, maxLength: 10 }),
  ),
  relaysPerSubject: fc.integer({ min: 1, max: 3 }),
  maxRelays: fc.integer({ min: 1, max: 5 }),
});

function graphOf({ lists, weights }: Small): RelayGraph {
  const builder = new RelayGraphBuilder((url) => url, (url) => weights[RELAYS.indexOf(url)]);
  for (const list of lists) {
    builder.add(list);
    builder.endRow();
  }
  return builder.build();
}

/** The value of a choice, as plainly as the doc puts it. */
function worth(graph: RelayGraph, chosen: readonly number[], relaysPerSubject: number): number {
  let sum = 0;
  for (let row = 0; row + 1 < graph.starts.length; row++) {
    const own = graph.relaysOf.subarray(graph.starts[row], graph.starts[row + 1]);
    const weights = chosen.filter((id) => own.includes(id)).map((id) => graph.weights[id]);
    weights.sort((a, b) => b - a).slice(0, relaysPerSubject).forEach((weight, rank) => {
      sum += weight / 2 ** rank;
    });
  }
  return sum;
}

/** Greedy, by trying every relay at every step. */
function plainGreedy(graph: RelayGraph, relaysPerSubject: number, maxRelays: number): number[] {
  const chosen: number[] = [];
  while (chosen.length < maxRelays) {
    const now = worth(graph, chosen, relaysPerSubject);
    const [best] = graph.urls
      .map((url, id) => ({ url, id, gain: worth(graph, [...chosen, id], relaysPerSubject) - now }))
      .filter(({ id, gain }) => gain > 0 && !chosen.includes(id))
      .sort((a, b) => b.gain - a.gain || (a.url < b.url ? -1 : 1));
    if (!best) break;
    chosen.push(best.id);
  }
  return chosen;
}

function subsets(ids: readonly number[], size: number): number[][] {
  if (size === 0 || ids.length === 0) return [[]];
  const [first, ...rest] = ids;
  return [...subsets(rest, size), ...subsets(rest, size - 1).map((some) => [first, ...some])];
}

Deno.test("greedyCover() chooses as greedy does by trying every relay at every step", () => {
  fc.assert(fc.property(worlds, (world) => {
    const graph = graphOf(world);
    const expected = plainGreedy(
      graph,
      Math.min(world.relaysPerSubject, world.maxRelays),
      world.maxRelays,
    );
    assert.deepEqual(greedyCover(graph, world), expected);
  }));
});

Deno.test("greedyCover() reaches 1 - 1/e of the best choice of as many relays", () => {
  fc.assert(fc.property(worlds, (world) => {
    const graph = graphOf(world);
    const all = subsets([...graph.urls.keys()], world.maxRelays);
    const best = Math.max(...all.map((some) => worth(graph, some, world.relaysPerSubject)));
    const reached = worth(graph, greedyCover(graph, world), world.relaysPerSubject);
    assert.ok(reached >= (1 - 1 / Math.E) * best - 1e-6, `${reached} of ${best}`);
  }));
});

Deno.test("greedyCover() with a smaller cap chooses the first relays of a larger one", () => {
  fc.assert(fc.property(worlds, fc.integer({ min: 1, max: 5 }), (world, fewer) => {
    fc.pre(fewer <= world.maxRelays && world.relaysPerSubject <= fewer);
    const graph = graphOf(world);
    assert.deepEqual(
      greedyCover(graph, { ...world, maxRelays: fewer }),
      greedyCover(graph, world).slice(0, fewer),
    );
  }));
});

Deno.test("greedyCover() chooses the relays of `first` before all others, and counts them", () => {
  fc.assert(fc.property(worlds, (world) => {
    const graph = graphOf(world);
    const first = [...graph.urls.keys()].slice(0, Math.min(2, world.maxRelays));
    const chosen = greedyCover(graph, { ...world, first });
    assert.deepEqual(chosen.slice(0, first.length), first);
    assert.ok(chosen.length <= world.maxRelays);
    assert.equal(new Set(chosen).size, chosen.length);
  }));
});

Deno.test("greedyCover() of no subjects chooses nothing", () => {
  const graph = new RelayGraphBuilder().build();
  assert.deepEqual(greedyCover(graph, { maxRelays: 20, relaysPerSubject: 2 }), []);
});
