import fc from "fast-check";
import assert from "node:assert/strict";
import { assignRelays, heaviestFirst } from "../../src/plan/assign_relays.ts";
import { RelayGraphBuilder } from "../../src/plan/relay_graph.ts";
import { RELAYS, someOf } from "../support/requests.ts";

const lists = fc.array(someOf(RELAYS, 6), { maxLength: 10 });

function graphOf(lists: readonly string[][], weight?: (url: string) => number) {
  const builder = new RelayGraphBuilder(undefined, weight);
  for (const list of lists) {
    builder.add(list);
    builder.endRow();
  }
  return builder.build();
}

Deno.test("assignRelays() gives everyone the first of their relays among the chosen", () => {
  fc.assert(
    fc.property(
      lists,
      fc.nat(5),
      fc.integer({ min: 1, max: 3 }),
      (lists, most, relaysPerSubject) => {
        const graph = graphOf(lists);
        const chosen = [...graph.urls.keys()].reverse().slice(0, most);
        const deal = assignRelays(graph, chosen, { relaysPerSubject });
        lists.forEach((list, row) => {
          const own = chosen.map((_, place) => place)
            .filter((place) => list.includes(graph.urls[chosen[place]]));
          const dealt = [
            ...deal.relayIndexes.subarray(
              row * deal.relaysPerSubject,
              (row + 1) * deal.relaysPerSubject,
            ),
          ];
          assert.deepEqual(
            dealt.filter((place) => place >= 0),
            own.slice(0, deal.relaysPerSubject),
          );
        });
      },
    ),
  );
});

Deno.test("assignRelays() gives nobody fewer relays for want of room, and none they do not list", () => {
  fc.assert(fc.property(lists, fc.nat(3), (lists, room) => {
    const graph = graphOf(lists);
    const chosen = [...graph.urls.keys()];
    const order = () => [...lists.keys()].reverse();
    const deal = assignRelays(graph, chosen, { relaysPerSubject: 2, room, order });
    lists.forEach((list, row) => {
      const dealt = [
        ...deal.relayIndexes.subarray(
          row * deal.relaysPerSubject,
          (row + 1) * deal.relaysPerSubject,
        ),
      ]
        .filter((place) => place >= 0)
        .map((place) => graph.urls[chosen[place]]);
      assert.equal(new Set(dealt).size, Math.min(deal.relaysPerSubject, list.length));
      assert.ok(dealt.every((url) => list.includes(url)));
    });
  }));
});

Deno.test("assignRelays() deals as by hand: those with the least choice first, full relays last", () => {
  fc.assert(fc.property(lists, fc.nat(3), fc.integer({ min: 1, max: 2 }), (lists, room, most) => {
    const graph = graphOf(lists);
    const chosen = [...graph.urls.keys()];
    const relaysPerSubject = Math.min(most, chosen.length);
    const load = chosen.map(() => 0);
    const dealt = lists.map((list) => list.map((url) => graph.urls.indexOf(url)).sort());
    const take = (row: number) => {
      const full = (place: number) => Number(load[place] >= room && load[place] + 1);
      dealt[row].sort((a, b) => full(a) - full(b) || a - b).splice(relaysPerSubject);
      for (const place of dealt[row]) load[place]++;
    };
    const plain = dealt.flatMap((own) => own.toSorted((a, b) => a - b).slice(0, relaysPerSubject));
    const crowded = chosen.some((place) => plain.filter((one) => one === place).length > room);
    if (!crowded) return;
    const rows = [...lists.keys()];
    rows.filter((row) => dealt[row].length <= relaysPerSubject).forEach(take);
    rows.filter((row) => lists[row].length > relaysPerSubject)
      .sort((a, b) => lists[a].length - lists[b].length || a - b)
      .forEach(take);
    const { relayIndexes } = assignRelays(graph, chosen, { relaysPerSubject, room });
    for (const row of rows) {
      const seats = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
        .filter((at) => at >= 0);
      assert.deepEqual(seats.sort(), dealt[row].sort());
    }
  }));
});

Deno.test("assignRelays() fills a relay beyond its room only with those who have no other choice", () => {
  const [hub, small, tiny] = RELAYS;
  const lists = [[hub], [hub, small], [hub, small], [hub, tiny], [hub]];
  const graph = graphOf(lists);
  const chosen = [0, 1, 2];
  const { relayIndexes } = assignRelays(graph, chosen, {
    relaysPerSubject: 1,
    room: 2,
    order: () => lists.keys(),
  });
  assert.deepEqual([...relayIndexes].map((place) => graph.urls[place]), [
    hub,
    small,
    small,
    tiny,
    hub,
  ]);
});

Deno.test("heaviestFirst() sorts by weight, and leaves equals as they were", () => {
  const graph = graphOf([RELAYS.slice(0, 4)], (url) => url === RELAYS[2] ? 2 : 1);
  assert.deepEqual(heaviestFirst(graph, [3, 0, 2, 1]), [2, 3, 0, 1]);
});
