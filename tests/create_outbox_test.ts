import { NCache, NPool } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { createOutbox } from "../src/create_outbox.ts";
import "./support/loaded_parts.ts";
import { openSqlite } from "../src/db/sqlite.ts";
import { RelayListStore } from "../src/lists/relay_list_store.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import type { ReqPlan } from "../src/plan/plan_req.ts";
import { RelayServer } from "../testing/relay_server.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet } from "../testing/test_clock.ts";

const alice = new Signer(1);
const post = alice.sign({ content: "hello" });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const DAY_S = 86_400;
const loopback = {
  policy: { allowLocal: true, allowInsecure: true },
  indexerRelays: [],
  relayInfo: false,
};

/** Starts a relay that holds a post. */
function start() {
  const relay = RelayServer.start();
  relay.seed([post]);
  return { relay, [Symbol.asyncDispose]: () => relay.stop() };
}

/** An outbox in which Alice's list names the relay. */
async function outboxOf(relay: RelayServer, options: OutboxOptions = {}) {
  const outbox = createOutbox({ ...loopback, ...options });
  await outbox.store.event(alice.relayList({ both: [relay.url] }));
  return outbox;
}

Deno.test("createOutbox() returns a plain object, which NPool takes as it is or spread", async () => {
  await using network = start();
  await using outbox = await outboxOf(network.relay);
  assert.equal(Object.getPrototypeOf(outbox), Object.prototype);
  assert.equal(outbox.eoseTimeout, 0);
  await using pool = new NPool(outbox);
  await using spread = new NPool({ ...outbox });
  assert.deepEqual((await pool.query(FILTERS)).map(({ id }) => id), [post.id]);
  assert.deepEqual((await spread.query(FILTERS)).map(({ id }) => id), [post.id]);
  assert.equal(network.relay.stats.connections, 1);
});

Deno.test("createOutbox() leaves the relays of one pool alone where another one closes", async () => {
  await using network = start();
  await using outbox = await outboxOf(network.relay);
  const first = new NPool(outbox);
  await first.query(FILTERS);
  await first.close();
  await using second = new NPool(outbox);
  assert.equal((await second.query(FILTERS)).length, 1);
});

Deno.test("W2: createOutbox() blames no relay for what failed while the machine was suspended", async () => {
  for (const isSuspended of [true, false]) {
    const network = new ScriptedNetwork({ onReq: (req) => req.eose() });
    const { clock, open } = network;
    const relays = ["wss://a.example/", "wss://b.example/"];
    network.scripts.set(relays[1], { connect: "wait" });
    const outbox = createOutbox({ ...loopback, open, clock, fallbackRelays: [] });
    const pool = new NPool(outbox);
    const asked = relays.map((relay) => pool.query(FILTERS, { relays: [relay] }));
    await quiet();
    network.relays.find(({ url }) => url === relays[1])!.hooks.onConnecting!();
    if (isSuspended) await clock.stall(3_600_000);
    else await clock.advance(1_500);
    network.relays.find(({ url }) => url === relays[1])!.refuse();
    await quiet();
    const report = (await outbox.relays()).find(({ url }) => url === relays[1]);
    assert.deepEqual(report?.failures, isSuspended ? undefined : { unreachable: 1 });
    await clock.advance(60_000);
    await Promise.all(asked);
    await pool.close();
    await outbox.close();
  }
});

Deno.test("createOutbox() makes outboxes that share nothing", async () => {
  await using network = start();
  await using known = await outboxOf(network.relay);
  await using unknown = createOutbox(loopback);
  await using pool = new NPool(known);
  await pool.query(FILTERS);
  assert.equal((await known.relays()).length, 1);
  assert.deepEqual(await unknown.relays(), []);
  assert.equal((await unknown.store.get([alice.pubkey])).size, 0);
});

Deno.test("createOutbox() remembers relays beside the lists, over a restart", async () => {
  await using network = start();
  const folder = await Deno.makeTempDir();
  const path = `${folder}/outbox.sqlite3`;
  {
    await using db = await openSqlite(path);
    await using outbox = await outboxOf(network.relay, { store: db });
    await using pool = new NPool(outbox);
    await pool.query(FILTERS);
    outbox.hint("bb".repeat(32), [network.relay.url]);
  }
  await using db = await openSqlite(path);
  await using outbox = createOutbox({ ...loopback, store: db });
  const [report, ...others] = await outbox.relays();
  assert.deepEqual(others, []);
  assert.deepEqual([report.url, report.state, report.successes], [network.relay.url, "closed", 1]);
  assert.ok(report.eoseMs !== undefined);
  assert.deepEqual([...(await db.readRecords("hint")).keys()], ["bb".repeat(32)]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Outbox explain() plans a request, and sends nothing", async () => {
  await using network = start();
  const calls: unknown[] = [];
  const note = (what: unknown) => calls.push(what);
  await using outbox = await outboxOf(network.relay, { onReqPlan: note, onError: note });
  const bob = "bb".repeat(32);
  const why = await outbox.explain([{ kinds: [1], authors: [alice.pubkey, bob] }]);
  assert.deepEqual(why.relays.map(({ url }) => url), [network.relay.url]);
  assert.deepEqual(why.plan.unrouted, [{ reason: "no-list", pubkey: bob, filter: 0 }]);
  assert.match(String(why), new RegExp(`not requested: ${bob} in filter 0 \\(no-list\\)`));
  const nowhere = await outbox.explain([{ kinds: [1], authors: [bob] }]);
  assert.equal(nowhere.relays.length, 0);
  assert.deepEqual(calls, []);
  assert.equal(network.relay.stats.connections, 0);
});

Deno.test("createOutbox() requests authors from more relays in smaller filters where a request reaches far back", async () => {
  const plans: ReqPlan[] = [];
  await using outbox = createOutbox({
    ...loopback,
    deepAfter: 10,
    clock: { now: () => 1_700_000_000_000, after: () => () => {} },
    onReqPlan: (plan) => plans.push(plan),
  });
  const urls = [1, 2, 3, 4, 5].map((n) => `ws://127.0.0.1:${n}/`);
  const signers = Array.from({ length: 6 }, (_, i) => new Signer(10 + i));
  for (const signer of signers) await outbox.store.event(signer.relayList({ both: urls }));
  const authors = signers.map(({ pubkey }) => pubkey);
  for (const days of [9, 11]) {
    await outbox.reqRouter([{ kinds: [1], authors, since: 1_700_000_000 - days * DAY_S }]);
  }
  const shape = ({ routes, subjects }: ReqPlan) => [
    subjects[0].relays.length,
    Math.max(...[...routes.values()].flat().map((filter) => filter.authors!.length)),
  ];
  assert.deepEqual(plans.map(shape), [[2, 6], [4, 3]]);
});

Deno.test("createOutbox() never connects to a relay to which the app gives weight 0", async () => {
  await using network = start();
  await using outbox = await outboxOf(network.relay, {
    weight: () => 0,
    indexerRelays: [network.relay.url],
    onError: () => undefined,
  });
  await using pool = new NPool(outbox);
  assert.deepEqual(await pool.query(FILTERS), []);
  assert.deepEqual(await pool.query([{ kinds: [1], authors: ["bb".repeat(32)] }]), []);
  assert.equal(network.relay.stats.connections, 0);
});

Deno.test("createOutbox() plans by what it has learned of relays", async () => {
  await using network = start();
  const dead = "ws://127.0.0.1:1/";
  await using outbox = createOutbox({ ...loopback, relaysPerAuthor: 1 });
  await outbox.store.event(alice.relayList({ both: [dead, network.relay.url] }));
  const planned = async () => [...(await outbox.reqRouter(FILTERS)).keys()];
  assert.deepEqual(await planned(), [dead]);
  await using pool = new NPool(outbox);
  assert.deepEqual((await pool.query(FILTERS)).map(({ id }) => id), [post.id]);
  assert.deepEqual(await planned(), [network.relay.url]);
});

Deno.test("createOutbox() rejects a request if the app's weight is not a number, and searches no relay of that weight", async () => {
  const { clock, open, relays } = new ScriptedNetwork();
  const outbox = createOutbox({
    clock,
    open,
    weight: () => NaN,
    indexerRelays: ["wss://i.example"],
    fallbackRelays: ["wss://f.example"],
    relayInfo: false,
  });
  const routes = assert.rejects(outbox.reqRouter(FILTERS), {
    name: "RangeError",
    message: /"weight" must give a finite number >= 0, got NaN$/,
  });
  for (let i = 0; i < 4; i++) {
    await quiet();
    await clock.advance(1_000);
  }
  await routes;
  await outbox.close();
  assert.deepEqual(relays, []);
});

Deno.test("createOutbox() waits for lists once, up to discoveryTimeout, where no indexer answers", async () => {
  for (const [discoveryTimeout, ms] of [[undefined, 3_000], [700, 700], [0, 0]] as const) {
    const { clock, open } = new ScriptedNetwork({ connect: "wait" });
    const outbox = createOutbox({
      clock,
      open,
      discoveryTimeout,
      user: alice.pubkey,
      indexerRelays: ["wss://i.example"],
      fallbackRelays: ["wss://f.example"],
      relayInfo: false,
    });
    let urls: string[] | undefined;
    const bob = "bb".repeat(32);
    outbox.reqRouter([{ kinds: [1], authors: [bob] }]).then((routes) => urls = [...routes.keys()]);
    await quiet();
    if (ms > 0) {
      await clock.advance(ms - 1);
      assert.equal(urls, undefined);
    }
    await clock.advance(1);
    assert.deepEqual(urls, ["wss://f.example/"]);
    const closed = outbox.close();
    await clock.advance(5_000);
    await closed;
    assert.equal(clock.pending, 0);
  }
});

Deno.test("createOutbox() routes to fallback relays while its database fails, and calls onError once per outage", async () => {
  const errors: Error[] = [];
  let failure: Error | undefined = new Error("disk full");
  const answer = () => failure ? Promise.reject(failure) : Promise.resolve([]);
  await using outbox = createOutbox({
    store: { event: () => Promise.resolve(), query: answer, remove: () => Promise.resolve() },
    open: new ScriptedNetwork({ connect: "refuse" }).open,
    discoveryTimeout: 0,
    indexerRelays: ["wss://i.example"],
    fallbackRelays: ["wss://f.example"],
    relayInfo: false,
    onError: (error) => errors.push(error),
  });
  for (const outage of [1, 2]) {
    failure = new Error("disk full");
    for (const _ of [1, 2, 3]) {
      assert.deepEqual([...(await outbox.reqRouter(FILTERS)).keys()], ["wss://f.example/"]);
      assert.equal(errors.length, outage);
    }
    assert.equal(errors.at(-1)!.cause, failure);
    failure = undefined;
    assert.deepEqual([...(await outbox.reqRouter(FILTERS)).keys()], ["wss://f.example/"]);
    assert.equal(errors.length, outage);
    // What is in memory is not read again.
    await outbox.store.remove([{ kinds: [10002] }]);
  }
});

Deno.test("Outbox close() stops following the store", async () => {
  const store = new RelayListStore(new NCache({ max: 10 }));
  const followers = new Set();
  const { onList } = store;
  store.onList = (listener) => {
    const end = onList.call(store, listener);
    followers.add(end);
    return () => {
      followers.delete(end);
      end();
    };
  };
  const options = { store, user: alice.pubkey, indexerRelays: ["wss://i.example"] };
  const outbox = createOutbox(options);
  assert.ok(followers.size > 0);
  await outbox.close();
  assert.equal(followers.size, 0);
});

Deno.test("Outbox close() waits for no relay to which it rebroadcasts a list", async () => {
  const { clock, open, relays } = new ScriptedNetwork({
    onEvent: ({ id, kind }, relay) => kind === 1 && relay.say(["OK", id, true, ""]),
  });
  const outbox = createOutbox({ clock, open, indexerRelays: [], relayInfo: false });
  await outbox.store.event(alice.relayList({ both: ["wss://a.example"] }));
  await new NPool(outbox).event(post);
  await quiet();
  assert.deepEqual(relays.flatMap(({ offered }) => offered.map(({ kind }) => kind)), [1, 10002]);
  const before = clock.now();
  await outbox.close();
  assert.equal(clock.now(), before);
});

Deno.test("Outbox close() ends open requests, and nothing connects after it", async () => {
  await using network = start();
  const outbox = await outboxOf(network.relay);
  const pool = new NPool(outbox);
  const messages = pool.req(FILTERS)[Symbol.asyncIterator]();
  await messages.next();
  await outbox.close();
  await messages.return?.();
  await assert.rejects(new NPool(outbox).query(FILTERS), { message: /the outbox is closed/ });
  await assert.rejects(new NPool(outbox).event(post), { message: /the outbox is closed/ });
  assert.equal(network.relay.stats.connections, 1);
});
