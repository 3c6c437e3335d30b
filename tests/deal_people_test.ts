import assert from "node:assert/strict";
import fc from "fast-check";
import { dealPeople, heaviestFirst } from "../src/deal_people.ts";
import { RelayGraphBuilder } from "../src/relay_graph.ts";
import { RELAYS, someOf } from "./support/requests.ts";

const lists = fc.array(someOf(RELAYS, 6), { maxLength: 10 });

function graphOf(lists: readonly string[][], weight?: (url: string) => number) {
  const builder = new RelayGraphBuilder(undefined, weight);
  for (const list of lists) {
    builder.add(list);
    builder.endRow();
  }
  return builder.build();
}

Deno.test("dealPeople() gives everyone the first of their relays among the chosen", () => {
  fc.assert(fc.property(lists, fc.nat(5), fc.integer({ min: 1, max: 3 }), (lists, most, copies) => {
    const graph = graphOf(lists);
    const chosen = [...graph.urls.keys()].reverse().slice(0, most);
    const deal = dealPeople(graph, chosen, copies);
    lists.forEach((list, row) => {
      const own = chosen.map((_, place) => place)
        .filter((place) => list.includes(graph.urls[chosen[place]]));
      const dealt = [...deal.places.subarray(row * deal.copies, (row + 1) * deal.copies)];
      assert.deepEqual(dealt.filter((place) => place >= 0), own.slice(0, deal.copies));
    });
  }));
});

Deno.test("heaviestFirst() sorts by weight, and leaves equals as they were", () => {
  const graph = graphOf([RELAYS.slice(0, 4)], (url) => url === RELAYS[2] ? 2 : 1);
  assert.deepEqual(heaviestFirst(graph, [3, 0, 2, 1]), [2, 3, 0, 1]);
});
