import fc from "fast-check";
import assert from "node:assert/strict";
import { type RelayGraph, RelayGraphBuilder } from "../../src/plan/relay_graph.ts";
import { RELAYS } from "../support/arbitraries.ts";

/** The relays of each row, sorted. */
function rowsOf({ urls, starts, relaysOf }: RelayGraph): string[][] {
  return Array.from(
    { length: starts.length - 1 },
    (_, row) =>
      Array.from(relaysOf.subarray(starts[row], starts[row + 1]), (id) => urls[id]).sort(),
  );
}

/** The best relay of each host, by the rule as the docs state it. */
function perHost(urls: readonly string[], weight: (url: string) => number): string[] {
  const best = [...new Set(urls)].filter((url) => weight(url) > 0).sort((a, b) =>
    weight(b) - weight(a) || a.length - b.length || (a < b ? -1 : 1)
  );
  const hosts = best.map((url) => new URL(url).host);
  return best.filter((_, i) => hosts.indexOf(hosts[i]) === i).sort();
}

const HOSTED = [
  ...RELAYS,
  "wss://a.example/x",
  "wss://a.example/y",
  "ws://a.example/",
  "wss://c.example/long/path",
  "wss://c.example/z",
  "wss://hub.example:8080/path",
];
const rows = fc.array(fc.array(fc.constantFrom(...HOSTED), { maxLength: 6 }), { maxLength: 8 });
const weights = fc.constantFrom(
  () => 1,
  (url: string) => url.length % 3,
  (url: string) => 1 / url.length,
  (url: string) => url.includes("8080") ? 0 : 1,
);

Deno.test("RelayGraphBuilder add() adds each relay once, and none that is refused or of weight 0", () => {
  fc.assert(fc.property(rows, weights, fc.constantFrom(...HOSTED), (rows, weight, bad) => {
    const builder = new RelayGraphBuilder((url) => url === bad ? undefined : url, weight);
    const counts = rows.map((row) => {
      const count = builder.add(row);
      builder.endRow();
      return count;
    });
    const expected = rows.map((row) =>
      [...new Set(row)].filter((url) => url !== bad && weight(url) > 0).sort()
    );
    assert.deepEqual(rowsOf(builder.build()), expected);
    assert.deepEqual(counts, expected.map(({ length }) => length));
  }));
});

Deno.test("RelayGraphBuilder keeps one relay of each host in a row: the heaviest, then the shortest", () => {
  fc.assert(fc.property(rows, weights, (rows, weight) => {
    const builder = new RelayGraphBuilder(undefined, weight, { perHost: true });
    for (const row of rows) {
      builder.add(row.slice(0, 2));
      builder.add(row.slice(2));
      builder.endRow();
    }
    assert.deepEqual(rowsOf(builder.build()), rows.map((row) => perHost(row, weight)));
  }));
});

Deno.test("RelayGraphBuilder takes strings without a host as relays of their own", () => {
  const builder = new RelayGraphBuilder(undefined, undefined, { perHost: true });
  assert.equal(builder.add(["a", "b", "wss://x", "wss://y", "wss:", "x//", "y//"]), 7);
});

Deno.test("RelayGraphBuilder addGiven() lets a refused relay into its row, and into no other", () => {
  const [a, b] = RELAYS;
  const resolve = (url: string) => url === a ? undefined : url;
  for (const first of [true, false]) {
    const builder = new RelayGraphBuilder(resolve, undefined, { perHost: true });
    const given = () => {
      assert.equal(builder.addGiven(a), 1);
      builder.endRow();
    };
    if (first) given();
    assert.equal(builder.add([a, b]), 1);
    builder.endRow();
    given();
    assert.equal(builder.idOf(a), undefined);
    assert.equal(builder.addGiven(b), 1);
    builder.endRow();
    const graph = builder.build();
    assert.deepEqual(rowsOf(graph), [...first ? [[a]] : [], [b], [a], [b]]);
    assert.equal(new Set(graph.urls).size, graph.urls.length);
  }
});

Deno.test("RelayGraphBuilder addGiven() adds no relay of weight 0", () => {
  const builder = new RelayGraphBuilder(undefined, () => 0);
  assert.equal(builder.addGiven(RELAYS[0]), 0);
});
