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

Deno.test("assignRelays() gives each subject the first of its relays among the chosen", () => {
  fc.assert(
    fc.property(
      lists,
      fc.nat(5),
      fc.integer({ min: 1, max: 3 }),
      (lists, count, relaysPerSubject) => {
        const graph = graphOf(lists);
        const chosen = [...graph.urls.keys()].reverse().slice(0, count);
        const assigned = assignRelays(graph, chosen, { relaysPerSubject });
        lists.forEach((list, row) => {
          const own = chosen.map((_, index) => index)
            .filter((index) => list.includes(graph.urls[chosen[index]]));
          const indexes = [
            ...assigned.relayIndexes.subarray(
              row * assigned.relaysPerSubject,
              (row + 1) * assigned.relaysPerSubject,
            ),
          ];
          assert.deepEqual(
            indexes.filter((index) => index >= 0),
            own.slice(0, assigned.relaysPerSubject),
          );
        });
      },
    ),
  );
});

Deno.test("assignRelays() gives no subject fewer relays because they are full, and none that it does not list", () => {
  fc.assert(fc.property(lists, fc.nat(3), (lists, capacity) => {
    const graph = graphOf(lists);
    const chosen = [...graph.urls.keys()];
    const order = () => [...lists.keys()].reverse();
    const assigned = assignRelays(graph, chosen, { relaysPerSubject: 2, capacity, order });
    lists.forEach((list, row) => {
      const indexes = [
        ...assigned.relayIndexes.subarray(
          row * assigned.relaysPerSubject,
          (row + 1) * assigned.relaysPerSubject,
        ),
      ]
        .filter((index) => index >= 0)
        .map((index) => graph.urls[chosen[index]]);
      assert.equal(new Set(indexes).size, Math.min(assigned.relaysPerSubject, list.length));
      assert.ok(indexes.every((url) => list.includes(url)));
    });
  }));
});

Deno.test("assignRelays() assigns as a plain loop does: the least choice first, full relays last", () => {
  fc.assert(
    fc.property(lists, fc.nat(3), fc.integer({ min: 1, max: 2 }), (lists, capacity, most) => {
      const graph = graphOf(lists);
      const chosen = [...graph.urls.keys()];
      const relaysPerSubject = Math.min(most, chosen.length);
      const loads = chosen.map(() => 0);
      const expected = lists.map((list) => list.map((url) => graph.urls.indexOf(url)).sort());
      const assign = (row: number) => {
        const full = (index: number) => Number(loads[index] >= capacity && loads[index] + 1);
        expected[row].sort((a, b) => full(a) - full(b) || a - b).splice(relaysPerSubject);
        for (const index of expected[row]) loads[index]++;
      };
      const plain = expected.flatMap((own) =>
        own.toSorted((a, b) => a - b).slice(0, relaysPerSubject)
      );
      const crowded = chosen.some((index) =>
        plain.filter((one) => one === index).length > capacity
      );
      if (!crowded) return;
      const rows = [...lists.keys()];
      rows.filter((row) => expected[row].length <= relaysPerSubject).forEach(assign);
      rows.filter((row) => lists[row].length > relaysPerSubject)
        .sort((a, b) => lists[a].length - lists[b].length || a - b)
        .forEach(assign);
      const { relayIndexes } = assignRelays(graph, chosen, { relaysPerSubject, capacity });
      for (const row of rows) {
        const own = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
          .filter((at) => at >= 0);
        assert.deepEqual(own.sort(), expected[row].sort());
      }
    }),
  );
});

Deno.test("assignRelays() fills a relay beyond its capacity only with subjects that have no other choice", () => {
  const [hub, small, tiny] = RELAYS;
  const lists = [[hub], [hub, small], [hub, small], [hub, tiny], [hub]];
  const graph = graphOf(lists);
  const chosen = [0, 1, 2];
  const { relayIndexes } = assignRelays(graph, chosen, {
    relaysPerSubject: 1,
    capacity: 2,
    order: () => lists.keys(),
  });
  assert.deepEqual([...relayIndexes].map((index) => graph.urls[index]), [
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
