import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { Ledger, LedgerOptions } from "../../src/ledger/ledger.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, note } from "../support/notes.ts";
import { own, PublishingWorld } from "../support/publishing_world.ts";

const A = "wss://a.example/";
const B = "wss://b.example/";
const DAY_MS = 86_400_000;

/** A ledger in a world where A answers as the test says. */
async function start(answer = "ok", options: Partial<LedgerOptions> = {}) {
  const world = new PublishingWorld();
  world.answers.set(A, () => answer);
  const ledger = world.ledger(options);
  await ledger.ready();
  const end = async () => {
    ledger.end(new Error("over"));
    await ledger.close();
    assert.equal(world.clock.pending, 0, "close() leaves a timer");
  };
  return { world, ledger, end };
}

const stateOf = (ledger: Ledger, { id }: NostrEvent, relay = A) =>
  ledger.get(id)?.targets.find((target) => target.relay === relay);

Deno.test("Ledger publish() has safe and done, and changes() ends with them", async () => {
  const { world, ledger, end } = await start("away");
  const sent = await ledger.publish(note(), own(A, B));
  const seen: string[] = [];
  const reading = (async () => {
    for await (const targets of sent.changes()) {
      seen.push(targets.map(({ state }) => state).join());
    }
  })();
  await sent.safe;
  assert.equal(sent.state, "pending");
  assert.deepEqual(sent.targets.map(({ reason, tries }) => [reason, tries]), [
    ["no connection", 1],
    [undefined, 1],
  ]);
  assert.ok(sent.targets[0].nextAt! > world.clock.now());
  world.answers.delete(A);
  await world.clock.advance(60_000);
  assert.deepEqual((await sent.done).map(({ state }) => state), ["taken", "taken"]);
  await reading;
  assert.equal(seen[0], "pending,pending");
  assert.equal(seen.at(-1), "taken,taken");
  await end();
});

Deno.test("Ledger publish(): safe rejects with an error per relay where none of the author's own has it", async () => {
  const { ledger, end } = await start("blocked: not you");
  const sent = await ledger.publish(note(), [...own(A), { relay: B, why: "inbox" }]);
  await assert.rejects(sent.safe, ({ errors }: AggregateError) => {
    assert.match(String(errors[0]), /a\.example.*refused.*blocked: not you/);
    return errors.length === 1;
  });
  assert.deepEqual((await sent.done).map(({ state }) => state), ["refused", "taken"]);
  await end();
});

Deno.test("Ledger publish() again of an event offers it nowhere twice, and adds the relays that it lacks", async () => {
  const { world, ledger, end } = await start();
  const event = note();
  await Promise.all([ledger.publish(event, own(A)), ledger.publish(event, own(A, B))]);
  await settled();
  const sent = await ledger.publish(event, own(A, B));
  await sent.done;
  assert.deepEqual(world.offers.map(({ relay }) => relay), [A, B]);
  await end();
});

Deno.test("NIP-42: Ledger offers what a relay refused with auth-required again after a sign-in, or after a pause", async () => {
  const { world, ledger, end } = await start("auth-required: who are you");
  const [one, two] = [note(), note()];
  await ledger.publish(one, own(A));
  await ledger.publish(two, own(A));
  await settled();
  assert.equal(stateOf(ledger, one)?.state, "sign-in");
  world.answers.delete(A);
  ledger.signedIn(A);
  await settled();
  assert.deepEqual(world.held.get(A), [one.id, two.id]);

  world.answers.set(A, () => "auth-required: who are you");
  const three = note();
  await ledger.publish(three, own(A));
  await settled();
  world.answers.delete(A);
  await world.clock.advance(60_000);
  assert.equal(stateOf(ledger, three)?.state, "taken");
  await end();
});

Deno.test("Ledger leaves a relay alone for as long as it says", async () => {
  const { world, ledger, end } = await start("rate-limited: retry in 600 s");
  await ledger.publish(note(), own(A));
  await settled();
  await ledger.publish(note(), own(A));
  await world.clock.advance(599_000);
  assert.equal(world.offers.length, 1);
  world.answers.delete(A);
  await world.clock.advance(2_000);
  assert.equal(world.held.get(A)?.length, 2);
  await end();
});

Deno.test("NIP-01: Ledger offers an ephemeral event once, and writes it down nowhere", async () => {
  const { world, ledger, end } = await start("away");
  const sent = await ledger.publish(note({ kind: 20001 }), own(A));
  const [target] = await sent.done;
  assert.equal(target.state, "given-up");
  assert.match(target.reason!, /offered once.*no connection/);
  await world.clock.advance(DAY_MS);
  assert.equal(world.offers.length, 1);
  assert.equal(world.store.texts.size, 0);
  await end();
});

Deno.test("NIP-01: Ledger offers only the newest version of a replaceable event, in whichever order they come", async () => {
  for (const kind of [0, 10002, 30023]) {
    const { world, ledger, end } = await start("away");
    const tags = [["d", "x"]];
    const [v1, v2, v3] = [1, 3, 2].map((s) => note({ kind, tags, created_at: START + s }));
    for (const event of [v1, v2, v3]) await ledger.publish(event, own(A));
    const other = note({ kind, tags: [["d", "y"]], pubkey: AUTHORS[1] });
    await ledger.publish(other, own(A));
    await settled();
    assert.deepEqual(
      [v1, v2, v3].map((event) => stateOf(ledger, event)?.state),
      ["given-up", "pending", "given-up"],
    );
    assert.match(stateOf(ledger, v1)!.reason!, /version .* was published/);
    world.answers.delete(A);
    await world.clock.advance(60_000);
    assert.deepEqual(world.held.get(A)?.sort(), [v2.id, other.id].sort());
    await end();
  }
});

Deno.test("Ledger offers versions of one author to a relay in order: the next waits for the one under way", async () => {
  const { world, ledger, end } = await start();
  world.latency = 5_000;
  const [v1, v2] = [1, 2].map((s) => note({ kind: 0, created_at: START + s }));
  await ledger.publish(v1, own(A));
  await ledger.publish(v2, own(A));
  await world.clock.advance(4_000);
  assert.deepEqual(world.offers.map(({ id }) => id), [v1.id]);
  await world.clock.advance(7_000);
  assert.deepEqual(world.held.get(A), [v1.id, v2.id]);
  await end();
});

Deno.test("NIP-40: Ledger publishes nothing that has expired, and gives up what expires", async () => {
  const { world, ledger, end } = await start("away");
  const expiring = (s: number) => note({ tags: [["expiration", `${START + s}`]] });
  await assert.rejects(ledger.publish(expiring(0), own(A)), /expired at .*NIP-40/);
  const event = expiring(3_600);
  const sent = await ledger.publish(event, own(A));
  const done = sent.done;
  await world.clock.advance(3_600_000);
  assert.match((await done)[0].reason!, /^it has expired \(NIP-40\)/);
  await end();
});

Deno.test("NIP-09: Ledger drops what a deletion concerns, and sends it first, and wherever the event may be", async () => {
  const { world, ledger, end } = await start("away");
  const tags = [["d", "x"]];
  const [post, article, foreign] = [
    note(),
    note({ kind: 30023, tags }),
    note({ pubkey: AUTHORS[1] }),
  ];
  for (const event of [post, article, foreign]) await ledger.publish(event, own(A, B));
  await settled();
  const deletion = note({
    kind: 5,
    tags: [["e", post.id], ["e", foreign.id], ["a", `30023:${post.pubkey}:x`]],
  });
  const sent = await ledger.publish(deletion, own(A));
  assert.deepEqual(sent.targets.map(({ relay, why }) => [relay, why]), [[A, "own"], [B, "spread"]]);
  assert.deepEqual(
    [post, article, foreign].map((event) => stateOf(ledger, event)?.state),
    ["given-up", "given-up", "pending"],
  );
  world.answers.delete(A);
  await world.clock.advance(60_000);
  assert.deepEqual(world.held.get(A), [deletion.id, foreign.id]);
  await end();
});

Deno.test("NIP-62: Ledger drops all of an author's older events for the relays that a request to vanish names", async () => {
  const { ledger, world, end } = await start("away");
  world.answers.set(B, () => "away");
  const [old, later] = [note(), note({ created_at: START + 100 })];
  for (const event of [old, later]) await ledger.publish(event, own(A, B));
  const vanish = note({ kind: 62, created_at: START + 10, tags: [["relay", "wss://a.example"]] });
  await ledger.publish(vanish, own(A));
  await settled();
  assert.equal(stateOf(ledger, old)?.state, "given-up");
  assert.equal(stateOf(ledger, old, B)?.state, "pending");
  assert.equal(stateOf(ledger, later)?.state, "pending");
  await end();
});

Deno.test("Ledger retry() tries again what was refused, and drop() ends what is pending, also after a restart", async () => {
  const { world, ledger, end } = await start("blocked: not you");
  const [refused, dropped] = [note(), note()];
  await ledger.publish(refused, own(A));
  world.answers.set(B, () => "away");
  (await ledger.publish(dropped, own(B))).drop();
  await world.clock.advance(1_000);
  await end();

  const next = world.ledger();
  await next.ready();
  assert.deepEqual(next.all().map(({ state }) => state), ["done", "done"]);
  assert.equal(next.all()[1].targets[0].reason, "the app dropped it");
  world.answers.clear();
  next.all()[0].retry();
  await next.all()[0].done;
  assert.deepEqual([...world.held], [[A, [refused.id]]]);
  next.end(new Error("over"));
  await next.close();
});

Deno.test("Ledger refuses what it has no room for, and forgets first what is done", async () => {
  const { world, ledger, end } = await start("away", { max: 3 });
  await ledger.publish(note(), own(B));
  await settled();
  for (let i = 0; i < 3; i++) await ledger.publish(note(), own(A));
  assert.equal(ledger.all().length, 3);
  await assert.rejects(ledger.publish(note(), own(A)), {
    name: "RangeError",
    message: /at most 3 events wait for their relays, and 3 do/,
  });
  await world.clock.advance(1_000);
  assert.equal(world.store.texts.size, 3);
  await end();
});

Deno.test("Ledger has one timer, and one attempt at a time for a relay that is away, however many events wait", async () => {
  const { world, ledger, end } = await start("away");
  await Promise.all(Array.from({ length: 2_000 }, () => ledger.publish(note(), own(A))));
  await world.clock.advance(10_000);
  const before = world.offers.length;
  await world.clock.advance(3_600_000);
  assert.ok(
    world.offers.length - before <= 122,
    `${world.offers.length - before} offers in an hour`,
  );
  assert.ok(world.clock.pending <= 2, "the ledger's and the writer's");
  world.answers.delete(A);
  ledger.connected(A);
  await world.clock.advance(0);
  assert.equal(world.held.get(A)?.length, 2_000);
  await end();
});

Deno.test("Ledger gives up publications that it cannot write, without offering them, and reports what it cannot read", async () => {
  const { world, ledger, end } = await start();
  world.store.writesLeft = 0;
  await assert.rejects(ledger.publish(note(), own(A)), /could not be written down/);
  assert.equal(world.offers.length, 0);
  world.store.writesLeft = Infinity;
  await end();
  world.store.texts.set("x", "{}");
  const next = world.ledger();
  await next.ready();
  assert.match(String(world.errors.at(-1)), /Cannot read 1 of 1 records/);
  next.end(new Error("over"));
  await next.close();
  assert.equal(world.store.texts.get("x"), "{}");
});

Deno.test("Ledger writes again later what the database did not write, without another change", async () => {
  const world = new PublishingWorld();
  world.latency = 1_000;
  const ledger = world.ledger();
  await ledger.ready();
  const event = note();
  await ledger.publish(event, own(A));
  world.store.writesLeft = 0;
  await world.clock.advance(10_000);
  assert.match(world.store.texts.get(event.id)!, /"pending"/);
  world.store.writesLeft = Infinity;
  await world.clock.advance(60_000);
  assert.match(world.store.texts.get(event.id)!, /"taken"/);
  ledger.end(new Error("over"));
  await ledger.close();
});

Deno.test("Ledger end(): nothing is offered any more, though offers under way still end", async () => {
  const world = new PublishingWorld();
  const ledger = world.ledger();
  await ledger.ready();
  await (await ledger.publish(note(), own(A))).done;
  world.latency = 1_000;
  for (let i = 0; i < 30; i++) await ledger.publish(note(), own(A));
  await world.clock.advance(500);
  const offers = world.offers.length;
  ledger.end(new Error("over"));
  await world.clock.advance(3_600_000);
  assert.equal(world.offers.length, offers);
  assert.ok(offers < 31);
  assert.equal(world.held.get(A)?.length, offers);
  await ledger.close();
});

Deno.test("Ledger close(): done rejects, and what is pending goes on in the next one", async () => {
  const { world, ledger, end } = await start("away");
  const event = note();
  const { done } = await ledger.publish(event, own(A));
  const rejected = assert.rejects(done, /over/);
  await end();
  await rejected;
  world.answers.delete(A);
  const next = world.ledger();
  await next.ready();
  await world.clock.advance(60_000);
  assert.deepEqual(world.held.get(A), [event.id]);
  next.end(new Error("over"));
  await next.close();
});

Deno.test("NIP-09: Ledger keeps deletions, and versions that are newer than a deletion, and spreads no protected one", async () => {
  const { ledger, end } = await start("away");
  const tags = [["d", "x"]];
  const address = `30023:${AUTHORS[0]}:x`;
  const newer = note({ kind: 30023, tags, created_at: START + 10 });
  const first = note({ kind: 5, tags: [["e", newer.id.replace(/.$/, "f")]] });
  for (const event of [newer, first]) await ledger.publish(event, own(A, B));
  await settled();
  const second = note({ kind: 5, tags: [["e", first.id], ["a", address], ["-"]] });
  await ledger.publish(second, own(A));
  assert.deepEqual(
    [newer, first].map((event) => stateOf(ledger, event)?.state),
    ["pending", "pending"],
  );
  const guarded = note({ kind: 5, tags: [["a", address], ["-"]], created_at: START + 20 });
  const sent = await ledger.publish(guarded, own(A));
  assert.deepEqual(sent.targets.map(({ relay }) => relay), [A]);
  assert.equal(stateOf(ledger, newer)?.state, "given-up");
  await end();
});

Deno.test("Ledger ready() gives up what a later event replaced or deleted just before a crash, and keeps the order", async () => {
  const { world, ledger } = await start("away");
  const [v1, v2] = [1, 2].map((s) => note({ kind: 0, created_at: START + s }));
  const post = note();
  const texts = new Map<string, string>();
  for (const event of [v1, post, v2, note({ kind: 5, tags: [["e", post.id]] })]) {
    await ledger.publish(event, own(A));
    texts.set(event.id, world.store.texts.get(event.id)!);
    await world.clock.advance(1);
  }
  world.kill();
  ledger.end(new Error("killed"));
  // The states of what was replaced were not written any more.
  world.store.texts.clear();
  for (const [id, text] of [...texts].reverse()) world.store.texts.set(id, text);
  const next = world.ledger();
  await next.ready();
  assert.deepEqual([v1, post, v2].map((event) => stateOf(next, event)?.state), [
    "given-up",
    "given-up",
    "pending",
  ]);
  assert.deepEqual(next.all().map(({ event }) => event.id), [...texts.keys()]);
  next.end(new Error("over"));
  await next.close();
});

Deno.test("Ledger writes within a tenth of a second that a relay took an event, and lazily that it was not reached", async () => {
  const { world, ledger, end } = await start("away");
  const event = note();
  await ledger.publish(event, own(A, B));
  const written = () => JSON.parse(world.store.texts.get(event.id)!).targets;
  await world.clock.advance(100);
  assert.equal(written()[1][2], "taken");
  const { writes } = world.store;
  await world.clock.advance(50_000);
  assert.ok(world.store.writes <= writes + 1);
  await end();
});
