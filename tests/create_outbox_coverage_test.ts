import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import type { CoverageReport } from "../src/coverage_report.ts";
import { openSqlite } from "../src/db/sqlite.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { settled, START } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const A = "wss://a.example/", B = "wss://b.example/", HUB = "wss://hub.example/";
const DAY_S = 86_400;
const postsOf = (...people: Signer[]): NostrFilter[] => [
  { kinds: [1], authors: people.map((p) => p.pubkey) },
];

/** An outbox that knows where Alice and Bob write; relays hold a post of each. */
async function world(options: OutboxOptions = {}) {
  const posts = [alice, bob, carol].map((p) => p.sign({ created_at: START - 100 }));
  const network = new ScriptedNetwork(holding(posts));
  const made = scriptedOutbox(network, options);
  await made.outbox.store.event(alice.relayList({ write: [A, B] }));
  await made.outbox.store.event(bob.relayList({ write: [B] }));
  return made;
}

/** Whether there is a person, and from when to when they are complete. */
function times({ people }: CoverageReport) {
  return people.map(({ since, until }) => until === undefined ? undefined : [since, until]);
}

Deno.test("Outbox coverage() knows nothing before a request, and sends nothing", async () => {
  const { outbox, network } = await world({ fallbackRelays: [] });
  const report = await outbox.coverage(postsOf(alice, carol));
  assert.deepEqual(report.people, [
    {
      pubkey: alice.pubkey,
      relays: [{ url: A, spans: [] }, { url: B, spans: [] }],
      missing: [],
    },
    { pubkey: carol.pubkey, relays: [], missing: [], unrouted: "no-list" },
  ]);
  assert.equal(
    String(report),
    "0 of 2 people complete\n1 person: unknown\n1 person: no relay to ask (no-list)",
  );
  assert.equal(network.relays.length, 0);
  await outbox.close();
});

Deno.test("Outbox coverage() says from when to when each relay of a person answered completely", async () => {
  const { outbox, pool, network } = await world();
  await pool.query(postsOf(alice));
  const report = await outbox.coverage(postsOf(alice, bob));
  assert.deepEqual(times(report), [[0, START], undefined]);
  const [person] = report.people;
  assert.equal(person.proof, "inferred");
  assert.deepEqual(person.relays.map(({ url, spans }) => [url, spans.length]), [[B, 1], [A, 1]]);
  assert.equal(
    String(report),
    "1 of 2 people complete, all of them from the beginning to 2023-11-14T22:13:20Z; 1 by inferred\n" +
      "1 person: unknown",
  );
  // Other kinds were not requested, and a time of its own is what counts.
  assert.deepEqual(times(await outbox.coverage([{ kinds: [1, 7], authors: [alice.pubkey] }])), [
    undefined,
  ]);
  const recent = [{ kinds: [1], authors: [alice.pubkey], since: START - 50, until: START - 9 }];
  assert.deepEqual(times(await outbox.coverage(recent)), [[START - 50, START - 9]]);
  // What a proof is worth ages.
  await network.clock.advance(8 * DAY_S * 1000);
  assert.deepEqual(times(await outbox.coverage(postsOf(alice))), [undefined]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() of a pubkey is about all kinds that were requested of that person", async () => {
  const { outbox, pool } = await world();
  const { people: [unknown] } = await outbox.coverage(bob.pubkey);
  assert.deepEqual(unknown, { pubkey: bob.pubkey, relays: [{ url: B, spans: [] }], missing: [] });
  await pool.query([{ kinds: [1, 6], authors: [bob.pubkey] }]);
  assert.deepEqual(times(await outbox.coverage(bob.pubkey)), [[0, START]]);
  await pool.query([{ kinds: [7], authors: [bob.pubkey], since: START - 500 }]);
  assert.deepEqual(times(await outbox.coverage(bob.pubkey)), [[START - 500, START]]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() reaches to when a relay was asked, not to when it had answered", async () => {
  const { outbox, pool, network } = await world();
  let answer = () => {};
  network.scripts.set(B, { onReq: (req) => answer = () => req.eose() });
  const found = pool.query(postsOf(bob));
  await network.clock.advance(2_000);
  answer();
  await found;
  assert.deepEqual(times(await outbox.coverage(postsOf(bob))), [[0, START]]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() claims nothing by an answer that was cut, refused, or to a narrower filter", async () => {
  const { outbox, pool, network } = await world();
  const authors = [bob.pubkey];
  await pool.query([{ kinds: [1], authors, limit: 1 }]);
  await pool.query([{ kinds: [1], authors, "#t": ["x"] }]);
  assert.deepEqual(times(await outbox.coverage(postsOf(bob))), [undefined]);
  network.scripts.set(B, { onReq: (req) => req.closed("error: busy") });
  await network.clock.advance(60_000);
  const refused = pool.query(postsOf(bob));
  await network.clock.advance(60_000);
  await refused;
  assert.deepEqual(times(await outbox.coverage(postsOf(bob))), [undefined]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() survives a restart with a database", async () => {
  await using store = await openSqlite(":memory:");
  const before = await world({ store });
  await before.pool.query(postsOf(alice));
  const told = await before.outbox.coverage(postsOf(alice));
  await before.pool.close();
  await before.outbox.close();
  const after = await world({ store });
  assert.deepEqual((await after.outbox.coverage(postsOf(alice))).people, told.people);
  assert.deepEqual(times(await after.outbox.coverage(alice.pubkey)), [[0, START]]);
  assert.equal(after.network.relays.length, 0);
  await after.outbox.close();
});

Deno.test("Outbox coverage() names relays that cannot answer now, and counts what the others answered", async () => {
  const { outbox, pool, network } = await world();
  await outbox.store.event(
    alice.relayList({ write: [A, B, "ws://192.168.1.7"] }, { created_at: START + 1 }),
  );
  network.scripts.set(A, { connect: "fail" });
  const found = pool.query(postsOf(alice));
  await settled();
  await network.clock.advance(3_000);
  assert.equal((await found).length, 1);
  const report = await outbox.coverage(postsOf(alice));
  const [person] = report.people;
  assert.deepEqual(person.missing, [
    { relay: A, reason: "backing-off" },
    { relay: "ws://192.168.1.7/", reason: "local" },
  ]);
  assert.deepEqual(person.relays.map(({ url, reason }) => [url, reason]), [
    [B, undefined],
    [A, "backing-off"],
  ]);
  assert.deepEqual([person.since, person.until], [0, START]);
  assert.match(String(report), /\nmissing: wss:\/\/a\.example\/ \(backing-off\), of 1 person\n/);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() stays true when follows, fallback relays and the cap change", async () => {
  const { outbox, pool } = await world({ fallbackRelays: [HUB] });
  await pool.query(postsOf(alice, bob));
  outbox.use({ maxRelays: 1, fallbackRelays: [] });
  const report = await outbox.coverage(postsOf(carol, bob, alice));
  assert.deepEqual(times(report), [undefined, [0, START], [0, START]]);
  assert.deepEqual(report.people.map(({ relays }) => relays.map(({ url }) => url)), [[], [B], [B]]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox coverage() throws an error that says what to write", async () => {
  const { outbox } = await world();
  const wrong: [of: unknown, message: RegExp][] = [
    [
      "npub1xyz",
      /^TypeError: Cannot report coverage: a person must be a pubkey of .*nip19\.decode/,
    ],
    [alice.pubkey.toUpperCase(), /write it in lower case/],
    [[], /each filter must name "authors", got no filter/],
    [[{ kinds: [1] }], /each filter must name "authors", got filter 0 without/],
    [
      [{ authors: ["npub1xyz"] }],
      /Cannot report coverage: "authors" must be pubkeys .*nip19\.decode/,
    ],
    [undefined, /TypeError: .* filters must be an array, got undefined/],
    [[null], /filter 0 must be an object, got null/],
    [[{ authors: [alice.pubkey], since: Infinity }], /RangeError: .*"since" of filter 0/],
  ];
  for (const [of, message] of wrong) {
    await assert.rejects(outbox.coverage(of as string), (error) => {
      assert.match(String(error), message);
      return true;
    });
  }
  await outbox.close();
  await assert.rejects(
    outbox.coverage(alice.pubkey),
    /Cannot report coverage: the outbox is closed/,
  );
});
