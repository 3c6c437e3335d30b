import assert from "node:assert/strict";
import { Closing } from "../../src/base/closing.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

const posts = notes(30);
const FILTER = { kinds: [1], authors: [AUTHORS[0]] };

Deno.test("SupervisedRelay connects to nothing before it is used", async () => {
  const test = new SupervisorTest(holding(posts));
  const relay = test.relay(RELAY);
  await settled();
  assert.equal(test.relays.length, 0);
  await relay.query([FILTER]);
  assert.equal(test.relays.length, 1);
});

Deno.test("SupervisedRelay answers queries by itself, as `pool.relay(url).query()` asks them", async () => {
  const test = new SupervisorTest(holding(posts));
  const pool = test.pool(RELAY);
  const relay = pool.relay(RELAY);
  assert.deepEqual(await relay.query([FILTER]), posts);
  assert.deepEqual(await relay.query([{ ...FILTER, limit: 3 }]), posts.slice(0, 3));
  assert.deepEqual(await relay.query([]), []);
  assert.deepEqual(await pool.query([FILTER]), posts);
  assert.equal(test.live.length, 0);
  assert.equal(test.relays.length, 1);
});

Deno.test("SupervisedRelay answers the same filters twice, at once and one after the other", async () => {
  const test = new SupervisorTest(holding(posts));
  const relay = test.relay(RELAY);
  const filters = [FILTER];
  const both = await Promise.all([relay.query(filters), relay.query(filters)]);
  assert.deepEqual(both, [posts, posts]);
  assert.deepEqual(await relay.query(filters), posts);
});

Deno.test("SupervisedRelay answers with what it has when it is aborted, or too late", async () => {
  const test = new SupervisorTest({ onReq: (req) => req.send(...posts) });
  const controller = new AbortController();
  const given = test.relay(RELAY).query([FILTER], { signal: controller.signal });
  await settled();
  controller.abort();
  assert.deepEqual(await given, posts);
  const late = test.relay(RELAY).query([FILTER]);
  await test.clock.advance(30_000);
  assert.deepEqual(await late, posts);
  assert.equal(test.live.length, 0);
});

Deno.test("SupervisedRelay waits for a relay that is late, since there is no other", async () => {
  const test = new SupervisorTest();
  const query = test.relay(RELAY).query([FILTER]);
  await test.clock.advance(7_000);
  test.last.last.send(...posts).eose();
  assert.deepEqual(await query, posts);
});

Deno.test("SupervisedRelay ends a request with EOSE, whatever the relay does, and throws nothing", async () => {
  for (
    const script of [
      { connect: "refuse" },
      { connect: "throw" },
      { connect: "fail" },
      { connect: "wait" },
      {},
      { isDeaf: true, connect: "wait" },
      { onReq: (req) => req.closed("restricted: no") },
      { onReq: (_, relay) => relay.cut() },
      { onReq: (req) => req.closed("rate-limited: try again in 3600 s") },
    ] as ConstructorParameters<typeof SupervisorTest>[0][]
  ) {
    const test = new SupervisorTest(script);
    const messages = test.relay(RELAY).req([FILTER]);
    const first = messages.next();
    await test.clock.advance(30_000);
    assert.deepEqual((await first).value, ["EOSE", "outbox"]);
    await messages.return();
    assert.equal(test.live.length, 0);
    test.supervisor.close();
    await settled();
    assert.equal(test.clock.pending, 0);
  }
});

Deno.test("SupervisedRelay lets go of a request whose reader returns", async () => {
  const test = new SupervisorTest(holding(posts));
  for await (const [verb] of test.relay(RELAY).req([FILTER])) {
    if (verb === "EOSE") break;
  }
  assert.equal(test.live.length, 0);
});

Deno.test("SupervisedRelay publishes, and rejects with a RelayFailureError where it could not", async () => {
  const test = new SupervisorTest({
    onEvent: ({ id, kind }, relay) => relay.say(["OK", id, kind === 1, "blocked: notes only"]),
  });
  const pool = test.pool(RELAY, "wss://other.example/");
  await test.relay(RELAY).event(note());
  await pool.event(note());
  await assert.rejects(test.relay(RELAY).event(note({ kind: 7 })), RelayFailureError);
  await assert.rejects(pool.event(note({ kind: 7 })), (error: AggregateError) => {
    assert.deepEqual(error.errors.map(({ relay, reason }) => [relay, reason]), [
      [RELAY, "blocked"],
      ["wss://other.example/", "blocked"],
    ]);
    return true;
  });
  const signal = AbortSignal.abort(new Error("no longer"));
  await assert.rejects(test.relay(RELAY).event(note(), { signal }), { message: "no longer" });
});

Deno.test("SupervisedRelay connects to nothing for an event that is not signed, as `pool.event(event, { relays })` sends it", async () => {
  const test = new SupervisorTest();
  for (const sig of ["", undefined as unknown as string]) {
    await assert.rejects(test.relay(RELAY).event(note({ sig })), {
      name: "TypeError",
      message: /^Cannot publish an event: it is not signed: .* Sign it first$/,
    });
  }
  assert.equal(test.relays.length, 0);
});

Deno.test("SupervisedRelay calls onPublished for each event that the relay accepted, and for no other", async () => {
  const test = new SupervisorTest({
    onEvent: ({ id, kind }, relay) => relay.say(["OK", id, kind === 1, "blocked: notes only"]),
  });
  const published: unknown[] = [];
  const relay = test.relay("wss://RELAY.example", (event, url) => published.push([event, url]));
  const event = note();
  await relay.event(event);
  assert.deepEqual(published, [[event, RELAY]]);
  await assert.rejects(relay.event(note({ kind: 7 })), RelayFailureError);
  const signal = AbortSignal.abort(new Error("no longer"));
  await assert.rejects(relay.event(note(), { signal }), { message: "no longer" });
  assert.equal(published.length, 1);
});

Deno.test("SupervisedRelay that is closed stays closed, and its errors say so", async () => {
  const test = new SupervisorTest(holding(posts));
  const relay = test.relay(RELAY);
  await relay.query([FILTER]);
  const live = relay.req([FILTER]);
  await live.next();
  await relay.close();
  await relay[Symbol.asyncDispose]();
  assert.ok(test.last.isClosed);
  const closed = "the pool is closed. Create another one";
  await assert.rejects(relay.query([FILTER]), { message: `Cannot send a request: ${closed}` });
  await assert.rejects(relay.event(note()), { message: `Cannot publish an event: ${closed}` });
  assert.deepEqual((await relay.req([FILTER]).next()).value, [
    "CLOSED",
    "outbox",
    `error: Cannot send a request: ${closed}`,
  ]);
  const rest = await Array.fromAsync(live, ([verb]) => verb);
  assert.equal(rest.at(-1), "CLOSED");
  assert.equal(test.relays.length, 1);
});

Deno.test("SupervisedRelay keeps nothing of a request that is over in what outlives it", async () => {
  const test = new SupervisorTest(holding(posts));
  let open = 0;
  const closing = new Closing();
  const { onClose } = closing;
  closing.onClose = (end) => {
    open++;
    const release = onClose.call(closing, end);
    return () => (open--, release());
  };
  const relay = test.relay(RELAY, undefined, closing);
  const app = new CountedController();
  for await (const [verb] of relay.req([FILTER], app)) {
    assert.deepEqual([open, app.listeners], [1, 1]);
    if (verb === "EOSE") break;
  }
  assert.deepEqual([open, app.listeners], [0, 0]);
});

Deno.test("SupervisedRelay close() first publishes what is under way, but not for long", async () => {
  for (const [ok, ms] of [[true, 1_000], [false, 1_000], [undefined, 3_000]] as const) {
    const test = new SupervisorTest();
    const relay = test.relay(RELAY);
    const event = note();
    let outcome: unknown;
    relay.event(event).then(() => outcome = "taken", (error) => outcome = error);
    await settled();
    let isClosed = false;
    relay.close().then(() => isClosed = true);
    await test.clock.advance(ms - 1);
    assert.ok(!isClosed);
    if (ok !== undefined) test.last.say(["OK", event.id, ok, "blocked: no"]);
    await test.clock.advance(1);
    assert.ok(isClosed);
    await settled();
    if (ok) assert.equal(outcome, "taken");
    else {assert.equal(
        (outcome as RelayFailureError).reason,
        ok === false ? "blocked" : "disconnected",
      );}
    assert.ok(test.last.isClosed);
    assert.equal(test.clock.pending, 0);
  }
});

Deno.test("SupervisedRelay in a pool ends with the pool, and leaves nothing open", async () => {
  const test = new SupervisorTest(holding(posts));
  const pool = test.pool(RELAY, "wss://other.example/");
  const controller = new AbortController();
  const live = pool.req([FILTER], { signal: controller.signal })[Symbol.asyncIterator]();
  await live.next();
  controller.abort();
  await live.return?.();
  assert.equal(test.live.length, 0);
  await pool.close();
  assert.ok(test.relays.every(({ isClosed }) => isClosed));
  await settled();
  assert.equal(test.clock.pending, 0);
});
