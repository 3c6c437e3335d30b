import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { createOutbox } from "../src/create_outbox.ts";
import "./support/loaded_parts.ts";
import type { Explanation } from "../src/explain.ts";
import { RoutingError } from "../src/nostr/errors.ts";
import type { ReqPlan } from "../src/plan/plan_req.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, settled } from "../testing/test_clock.ts";
import { RELAYS, type Request, requests, someOf } from "./support/requests.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const HOME = "wss://home.example/", HUB = "wss://hub.example/", INDEXER = "wss://indexer.example/";
const postsOf = (...people: Signer[]) => [{ kinds: [1], authors: people.map((p) => p.pubkey) }];

/** The events of relay lists; nobody verifies them. */
function eventsOf({ lists }: Request): NostrEvent[] {
  return [...lists.values()].map(({ pubkey, write, read }, i) => ({
    id: `${i}`.padStart(64, "0"),
    sig: "0".repeat(128),
    pubkey,
    kind: 10002,
    created_at: 1_700_000_000,
    content: "",
    tags: [
      ...write.map((url) => ["r", url, "write"]),
      ...read.map((url) => ["r", url, "read"]),
    ],
  }));
}

Deno.test("Outbox explain() plans as the next request then does, in any world, whatever its relays did before", async () => {
  const dead = someOf(RELAYS, 6);
  const law = fc.asyncProperty(requests, dead, async (request, dead) => {
    const network = new ScriptedNetwork(holding([]));
    for (const url of dead) network.scripts.set(url, { connect: "fail" });
    const plans: ReqPlan[] = [];
    const outbox = createOutbox({
      ...request.options,
      clock: network.clock,
      open: network.open,
      random: () => 0.5,
      verifyEvent: () => true,
      relayInfo: false,
      onError: () => {},
      onReqPlan: (plan) => plans.push(plan),
    });
    for (const event of eventsOf(request)) await outbox.store.event(event);
    const pool = new NPool(outbox);
    const found = pool.query(request.filters);
    await settled();
    await network.clock.advance(4_000);
    await settled();

    const why = await outbox.explain(request.filters);
    const before = network.relays.length;
    const routes = await outbox.reqRouter(request.filters).catch((error) => {
      // Nothing can be requested, as the explanation says.
      assert.ok(error instanceof RoutingError || error instanceof TypeError, String(error));
      assert.equal(why.plan.routes.size, 0);
      return new Map();
    });
    assert.deepEqual([...why.plan.routes], [...routes]);
    const next = plans.at(-1)!;
    assert.deepEqual(why.plan.unrouted, next.unrouted);
    assert.deepEqual(why.plan.subjects, next.subjects);
    assert.deepEqual(why.relays.map(({ url }) => url), [...routes.keys()]);
    // The text says the same.
    const lines = String(why).split("\n");
    const named = lines.flatMap((line) =>
      /^(wss:\S+): \d+ (?:person|people), /.exec(line)?.slice(1) ?? []
    );
    assert.deepEqual(named, [...routes.keys()]);
    const lost = lines.flatMap((line) =>
      /^not requested: .*\(([a-z-]+)\)$/.exec(line)?.slice(1) ?? []
    );
    assert.deepEqual(new Set(lost), new Set(next.unrouted.map(({ reason }) => reason)));
    assert.deepEqual(JSON.parse(JSON.stringify(why)).plan.routes, Object.fromEntries(routes));
    assert.equal(network.relays.length, before, "explaining connects to nothing");
    await network.clock.advance(40_000);
    await found;
    await outbox.close();
  });
  await fc.assert(law, { numRuns: 100 });
});

/** An outbox whose indexer and hub have these scripts. */
function start(options: Parameters<typeof createOutbox>[0] = {}) {
  const network = new ScriptedNetwork(holding([]));
  const { outbox, pool } = scriptedOutbox(network, {
    indexerRelays: [INDEXER],
    fallbackRelays: [HUB],
    ...options,
  });
  const query = async (...people: Signer[]) => {
    const found = pool.query(postsOf(...people));
    for (let i = 0; i < 40; i++) {
      await quiet();
      await network.clock.advance(1_000);
    }
    return await found;
  };
  return { network, outbox, pool, query };
}

const reasons = ({ missingLists }: Explanation) => missingLists.map(({ reason }) => reason);

Deno.test("Outbox explain() tells apart lists that were not looked for, could not be asked for, do not exist, and name no usable relay", async () => {
  const { network, outbox, query } = start();
  assert.deepEqual(reasons(await outbox.explain(postsOf(alice))), ["not-searched"]);
  await query(alice);
  assert.deepEqual(reasons(await outbox.explain(postsOf(alice))), ["none"]);

  network.scripts.set(INDEXER, { connect: "fail" });
  await network.clock.advance(60_000);
  await query(bob);
  assert.deepEqual(reasons(await outbox.explain(postsOf(bob))), ["not-answered"]);
  assert.match(String(await outbox.explain(postsOf(bob))), /looked for, but too few relays/);

  await outbox.store.event(bob.relayList({ both: ["ws://192.168.1.7"] }));
  const why = await outbox.explain(postsOf(bob, carol));
  assert.deepEqual(
    new Set(why.missingLists.map(({ pubkey, reason }) => `${pubkey} ${reason}`)),
    new Set([`${bob.pubkey} unusable`, `${carol.pubkey} not-searched`]),
  );
  assert.match(String(why), /ws:\/\/192.168.1.7\/, refused \(local\): policy.allowLocal would/);
  await outbox.close();

  const slow = start();
  slow.network.scripts.set(INDEXER, { connect: "wait" });
  const found = slow.pool.query(postsOf(alice));
  await quiet();
  await slow.network.clock.advance(1_000);
  assert.deepEqual(reasons(await slow.outbox.explain(postsOf(alice))), ["searching"]);
  await slow.outbox.close();
  assert.deepEqual(await found, []);

  const alone = start({ indexerRelays: [] });
  await alone.query(alice);
  assert.deepEqual(reasons(await alone.outbox.explain(postsOf(alice))), ["not-searched"]);
  await alone.outbox.close();
});

Deno.test("Outbox explain() names the relays that stand in, and the next request asks them at once", async () => {
  const { network, outbox, pool } = start({ indexerRelays: [], verifyEvent: () => true });
  const post = alice.sign();
  network.scripts.set(HOME, { connect: "fail" });
  network.scripts.set(HUB, holding([post]));
  await outbox.store.event(alice.relayList({ both: [HOME] }));
  assert.deepEqual((await outbox.explain(postsOf(alice))).standIns, []);
  const first = pool.query(postsOf(alice));
  await quiet();
  await network.clock.advance(100);
  assert.deepEqual(await first, [post]);

  const why = await outbox.explain(postsOf(alice));
  assert.deepEqual(why.relays.map(({ url, state }) => [url, state]), [[HOME, "backing-off"]]);
  const [{ url, state, filters }, ...others] = why.standIns;
  assert.deepEqual([url, state, filters, others], [HUB, "open", postsOf(alice), []]);
  assert.match(String(why), /wss:\/\/hub.example\/: stands in, 1 filter; open/);
  assert.equal(JSON.parse(JSON.stringify(why)).standIns[0].url, HUB);

  const asked = network.relays.length;
  const next = pool.query(postsOf(alice));
  await quiet();
  assert.deepEqual(await next, [post]);
  assert.equal(network.relays.length, asked, "the hub is connected, the other not tried again");
  await outbox.close();
});

Deno.test("Outbox explain() names the relays that the user blocks", async () => {
  const { outbox } = start({ indexerRelays: [], user: alice.pubkey });
  await outbox.store.event(bob.relayList({ both: [HOME] }));
  await outbox.store.event(alice.sign({ kind: 10006, tags: [["relay", HOME]] }));
  const why = await outbox.explain(postsOf(bob));
  assert.match(
    String(why),
    /not asked: wss:\/\/home.example\/, refused \(blocked\): the user's own/,
  );
  assert.deepEqual(why.plan.subjects[0].skipped, [{ url: HOME, reason: "blocked" }]);
  assert.deepEqual(reasons(why), ["unusable"]);
  await outbox.close();
});

Deno.test("Outbox explain() says that a relay wants a sign-in", async () => {
  const { network, outbox, query } = start({ indexerRelays: [] });
  network.scripts.set(HOME, { onReq: (req) => req.closed("auth-required: members only") });
  await outbox.store.event(alice.relayList({ both: [HOME] }));
  await query(alice);
  const why = await outbox.explain(postsOf(alice));
  assert.equal(why.relays[0].wantsSignIn, true);
  assert.match(String(why), /home.example\/: .*1 x auth-required.*; wants a sign-in \(NIP-42\)/);
  await outbox.close();
});

Deno.test("NIP-67: Outbox explain() says what a relay's last answer proves", async () => {
  for (const hints of [["finish"], []] as const) {
    const network = new ScriptedNetwork({ onReq: (req) => req.eose(...hints) });
    const outbox = createOutbox({
      clock: network.clock,
      open: network.open,
      relayInfo: false,
      fallbackRelays: [HUB],
      indexerRelays: [],
    });
    const pool = new NPool(outbox);
    const [before] = (await outbox.explain(postsOf(alice))).relays;
    assert.equal(before.proof, undefined);
    await Promise.all([pool.query(postsOf(alice)), network.clock.advance(10_000)]);
    const why = await outbox.explain(postsOf(alice));
    assert.equal(why.relays[0].proof, hints.length > 0 ? "finish" : "inferred");
    assert.equal(JSON.parse(JSON.stringify(why)).relays[0].proof, why.relays[0].proof);
    assert.match(why.toString(), new RegExp(`last answer: ${why.relays[0].proof}`));
    await pool.close();
    await outbox.close();
    await network.clock.advance(60_000);
  }
});

Deno.test("Outbox explain() refuses what is no filter, as the request does", async () => {
  const { outbox } = scriptedOutbox(new ScriptedNetwork(holding([])));
  const wrong = [[{ authors: [5, alice.pubkey] }], "junk", [null], [{ ids: [Symbol("id")] }]];
  for (const filters of wrong as never[]) {
    const refused = await outbox.reqRouter(filters).catch((error: Error) => error);
    assert.ok(refused instanceof TypeError);
    await assert.rejects(outbox.explain(filters), { name: "TypeError", message: refused.message });
  }
  await outbox.close();
});
