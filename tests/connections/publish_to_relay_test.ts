import assert from "node:assert/strict";
import { publishToRelay } from "../../src/connections/publish_to_relay.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";
import { note } from "../support/notes.ts";

/** An event on its way to a scripted relay, and what becomes of it. */
class Publication extends ScriptedNetwork {
  readonly event = note();
  readonly controller = new CountedController();
  /** `taken`, or why not. */
  outcome?: unknown;

  /** Offers it. */
  begin(dice = 0.5): this {
    const { clock, fake } = this;
    const options = { clock, memory: fake.memory, random: () => dice, maxPages: 0, rank: 0 };
    publishToRelay(this.event, this.link(), options, this.controller.signal).then(
      () => this.outcome = "taken",
      (error) => this.outcome = error,
    );
    return this;
  }

  get isOver(): boolean {
    return this.outcome !== undefined;
  }

  /** Why it was not taken. */
  get reason(): RelayFailure | undefined {
    assert.ok(this.outcome instanceof RelayFailureError, String(this.outcome));
    return this.outcome.reason;
  }

  /** That nothing is left of it but the idle connection. */
  assertNothingIsLeft(): void {
    assert.equal(this.controller.listeners, 0);
    this.link().close();
    assert.equal(this.clock.pending, 0);
  }
}

const says = (ok: boolean, words: string): Script => ({
  onEvent: ({ id }, relay) => relay.say(["OK", id, ok, words]),
});

Deno.test("publishToRelay() resolves once the relay has said OK", async () => {
  const test = new Publication().begin();
  await settled();
  assert.ok(!test.isOver);
  test.last.say(["OK", test.event.id, true, ""]);
  await settled();
  assert.equal(test.outcome, "taken");
  assert.deepEqual(test.last.offered, [test.event]);
  test.assertNothingIsLeft();
});

Deno.test("W2: publishToRelay() takes a program that was asleep for no silence of the relay", async () => {
  const test = new Publication().begin();
  await test.clock.advance(7_000);
  await test.clock.stall(3_600_000);
  assert.ok(!test.isOver);
  test.last.say(["OK", test.event.id, true, ""]);
  await settled();
  assert.equal(test.outcome, "taken");
  test.assertNothingIsLeft();
});

Deno.test("publishToRelay() rejects with the reason if the relay refuses", async () => {
  for (
    const [words, reason] of [
      ["blocked: not you", "blocked"],
      ["auth-required: who are you?", "auth-required"],
      ["restricted: members only", "restricted"],
      ["invalid: bad signature", "invalid"],
      ["pow: too easy", "pow"],
      ["error: disk full", "error"],
      ["no", "closed"],
      ["", "closed"],
    ] as const
  ) {
    const test = new Publication(says(false, words)).begin();
    await settled();
    assert.equal(test.reason, reason);
    assert.ok((test.outcome as Error).message.endsWith(words));
    assert.equal((test.outcome as RelayFailureError).relay, RELAY);
    assert.equal(test.last.offered.length, 1);
    test.assertNothingIsLeft();
  }
});

Deno.test("publishToRelay() resolves if the relay has the event already, however it says so", async () => {
  for (const ok of [true, false]) {
    const test = new Publication(says(ok, "duplicate: have it")).begin();
    await settled();
    assert.equal(test.outcome, "taken");
    test.assertNothingIsLeft();
  }
});

Deno.test("publishToRelay() gives up if no OK comes in time, counted from when the connection is open", async () => {
  const test = new Publication({ connect: "wait" }).begin();
  await test.clock.advance(3_000);
  test.last.accept();
  await test.clock.advance(7_999);
  assert.ok(!test.isOver);
  await test.clock.advance(1);
  assert.equal(test.reason, "no-ok");
  assert.match((test.outcome as Error).message, /no OK within 8000 ms$/);
  test.assertNothingIsLeft();
});

Deno.test("publishToRelay() says how the connection failed", async () => {
  for (
    const [script, reason] of [
      [{ connect: "refuse" }, "unreachable"],
      [{ connect: "throw" }, "unreachable"],
      [{ connect: "fail" }, "unreachable"],
      [{ onEvent: (_, relay) => relay.cut() }, "disconnected"],
      [{ connect: "wait" }, "connect-timeout"],
    ] as [Script, RelayFailure][]
  ) {
    const test = new Publication(script).begin();
    await test.clock.advance(10_000);
    assert.equal(test.reason, reason);
    assert.deepEqual(test.openedAt, [0]);
    test.assertNothingIsLeft();
  }
});

Deno.test("publishToRelay() offers the event again to a relay that says rate-limited", async () => {
  let refusals = 2;
  const test = new Publication({
    onEvent: ({ id }, relay) =>
      refusals-- > 0
        ? relay.say(["OK", id, false, "rate-limited: wait 3 s"])
        : relay.say(["OK", id, true, ""]),
  }).begin();
  await test.clock.advance(5_999);
  assert.ok(!test.isOver);
  assert.equal(test.last.offered.length, 2);
  await test.clock.advance(1);
  assert.equal(test.outcome, "taken");
  test.assertNothingIsLeft();
});

Deno.test("publishToRelay() offers the event after two, four and eight seconds if a relay says rate-limited without a time", async () => {
  for (const [dice, pauses] of [[0.5, [2, 4, 8]], [0, [1, 2, 4]], [0.75, [2.5, 5, 10]]] as const) {
    const test = new Publication(says(false, "rate-limited: slow down")).begin(dice);
    Object.assign(test.fake.times, { hard: 60_000 });
    for (const [i, pause] of pauses.entries()) {
      await test.clock.advance(1_000 * pause - 1);
      assert.equal(test.last.offered.length, i + 1);
      await test.clock.advance(1);
      assert.equal(test.last.offered.length, i + 2);
    }
    assert.equal(test.reason, "rate-limited");
    test.assertNothingIsLeft();
  }
});

Deno.test("publishToRelay() does not wait for a relay that wants more time than there is", async () => {
  const test = new Publication(says(false, "rate-limited: try again in 9 s")).begin();
  await settled();
  assert.equal(test.reason, "rate-limited");
  assert.equal(test.last.offered.length, 1);
  test.assertNothingIsLeft();
  const other = new Publication(says(false, "rate-limited: try again in 8 s")).begin();
  await settled();
  assert.ok(!other.isOver);
});

Deno.test("publishToRelay() leaves an idle connection, which is closed after a while", async () => {
  const test = new Publication(says(true, "")).begin();
  await test.clock.advance(29_999);
  assert.ok(test.link().isOpen);
  await test.clock.advance(1);
  assert.ok(test.last.isClosed);
  assert.equal(test.clock.pending, 0);
});

Deno.test("publishToRelay() believes the OK of a relay without a log, and waits for nothing else", async () => {
  const test = new Publication({ ...says(true, ""), isDeaf: true }).begin();
  await settled();
  assert.equal(test.outcome, "taken");
  test.assertNothingIsLeft();
});

Deno.test("publishToRelay() sets no timer when the connection opens after it was aborted", async () => {
  const test = new Publication({ connect: "wait" }).begin();
  const other = test.link().use();
  await settled();
  test.controller.abort();
  test.last.accept();
  await settled();
  assert.equal(test.clock.pending, 0);
  other.release();
});

Deno.test("publishToRelay() does not wait for the end of a back-off", async () => {
  const test = new Publication(says(true, ""));
  test.fake.backOff(RELAY, START * 1000 + 5_000);
  test.begin();
  await settled();
  assert.equal(test.outcome, "taken");
  assert.equal(test.relays.length, 1);
  test.assertNothingIsLeft();
});

Deno.test("publishToRelay() rejects with the signal's reason at whatever stage it is aborted, and leaves nothing behind", async () => {
  const stages: [script: Script, ms: number][] = [
    [{ connect: "wait" }, 0],
    [{ connect: "wait" }, 2_000],
    [{}, 0],
    [{}, 5_000],
    [says(false, "rate-limited: wait 3 s"), 1_000],
  ];
  for (const [script, ms] of stages) {
    const test = new Publication(script).begin();
    await test.clock.advance(ms);
    const reason = new Error("no longer");
    test.controller.abort(reason);
    await settled();
    assert.equal(test.outcome, reason);
    test.assertNothingIsLeft();
  }
  const test = new Publication();
  test.controller.abort(new Error("never mind"));
  test.begin();
  await settled();
  assert.equal((test.outcome as Error).message, "never mind");
  assert.equal(test.relays.length, 0);
});

Deno.test("publishToRelay() does not wait for a relay that ignores the signal, and is no longer its user", async () => {
  const test = new Publication();
  test.begin();
  await settled();
  test.last.event = () => new Promise(() => {});
  const other = test.last;
  const { clock, fake } = test;
  const options = { clock, memory: fake.memory, random: () => 0, maxPages: 0, rank: 0 };
  const second = publishToRelay(note(), test.link(), options, new AbortController().signal)
    .catch((error) => error);
  await clock.advance(8_000);
  assert.equal((await second).reason, "no-ok");
  assert.equal(test.reason, "no-ok");
  assert.equal(test.last, other);
  const connection = await test.link().connection(0, new AbortController().signal);
  assert.equal(connection.users, 1, "the one just now");
  test.assertNothingIsLeft();
});
