import assert from "node:assert/strict";
import { explorerData, type ExplorerSource } from "../../src/explorer/explorer_data.ts";
import { UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { explorerWorld } from "../support/explorer_world.ts";

const [ALICE, BOB] = ["aa", "bb"].map((byte) => byte.repeat(32));
const [A, B] = ["wss://a.example/", "wss://b.example/"];
const NOW_MS = 1_700_000_000_000;

const source: ExplorerSource = {
  people: [BOB, ALICE, BOB],
  knowledge: new Map([
    [ALICE, { write: [B, A] }],
    [BOB, {
      hints: [{ url: A, weight: 0.5, source: "tag" }],
      refused: [{ url: "ws://10.0.0.1/", reason: "local" }],
    }],
  ]),
  now: NOW_MS,
};

Deno.test("explorerData() has each person and relay once, sorted, and names relays by their index", () => {
  const data = explorerData(source);
  assert.deepEqual(data.relays, [{ url: A }, { url: B }]);
  assert.deepEqual(data.people, [
    { pubkey: ALICE, write: [1, 0] },
    { pubkey: BOB, hints: [[0, 0.5, "tag"]], refused: [["ws://10.0.0.1/", "local"]] },
  ]);
  assert.equal(data.madeAt, NOW_MS / 1000);
  assert.equal(data.plan.maxRelays, 20);
  assert.deepEqual(data.plan.policy, {});
});

Deno.test("explorerData() is the same for the same people and relays in another order", () => {
  const world = explorerWorld({ follows: 60 });
  const turned: ExplorerSource = {
    ...world,
    people: [...world.people].reverse(),
    knowledge: new Map([...world.knowledge].reverse()),
    records: new Map([...world.records!].reverse()),
    coverage: world.coverage!.toReversed(),
  };
  assert.deepEqual(explorerData(turned), explorerData(world));
});

Deno.test("explorerData() survives as JSON, of nobody and of everything", () => {
  for (const given of [source, explorerWorld({ follows: 80 }), { ...source, people: [] }]) {
    const data = explorerData(given);
    assert.deepEqual(JSON.parse(JSON.stringify(data)), data);
  }
});

Deno.test("explorerData() weighs relays by their records, and an app's own weights come first", () => {
  const record = { ...UNKNOWN_RELAY, attempts: 9, inARow: 9, lastFailure: NOW_MS, downSince: 1 };
  const records = new Map([[A, record]]);
  const [a, b] = explorerData({ ...source, records }).relays;
  assert.ok(a.weight! < 0.5, `${a.weight}`);
  assert.equal(a.health?.state, "fails");
  assert.deepEqual(b, { url: B });
  const weight = (url: string) => url === A ? 3 : 1;
  assert.equal(explorerData({ ...source, records, options: { weight } }).relays[0].weight, 3);
});

Deno.test("explorerData() tells which relays the app's own rule refuses, and which flags it sets", () => {
  const policy = { allowLocal: true, allowOnion: false, allow: (url: string) => url !== A };
  const data = explorerData({ ...source, options: { policy } });
  assert.deepEqual(data.relays, [{ url: A, isRefused: true }, { url: B }]);
  assert.deepEqual(data.plan.policy, { allowLocal: true });
});

Deno.test("explorerData() keeps what is known to be complete, and the relays that cannot answer", () => {
  const span = { since: 5, until: 9, proof: "drained", seenAt: 0 } as const;
  const coverage = [{
    pubkey: ALICE,
    since: 5,
    until: 9,
    proof: "drained" as const,
    relays: [{ url: A, spans: [span] }, { url: B, spans: [], reason: "backing-off" as const }],
    missing: [],
  }];
  assert.deepEqual(explorerData({ ...source, coverage }).people[0].feed, {
    complete: [5, 9, "drained"],
    relays: [[0, "", [[5, 9, "drained"]]], [1, "backing-off", []]],
  });
});

Deno.test("explorerData() refuses options that are wrong", () => {
  assert.throws(() => explorerData({ ...source, options: { maxRelays: 0 } }), RangeError);
});
