import type { NostrEvent, NRelay } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelaySubscription } from "../../src/connections/relay_subscription.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";

type Message = readonly [verb: string, id: string, ...rest: unknown[]];

/** A relay that yields these messages, then waits, ends, or throws. */
function relayOf(messages: readonly Message[], then: "wait" | "end" | Error = "wait") {
  const state = { signal: undefined as AbortSignal | undefined, isLeft: false };
  const relay = {
    async *req(_: unknown, { signal }: { signal: AbortSignal }) {
      state.signal = signal;
      try {
        yield* messages;
        if (then instanceof Error) throw then;
        if (then === "end") return;
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")))
        );
      } finally {
        state.isLeft = true;
      }
    },
  } as unknown as NRelay;
  return { relay, state };
}

/** A subscription, and all that it reports, in order. */
function listening(limits: readonly (number | undefined)[] = [undefined]) {
  const reports: unknown[] = [];
  const clock = new TestClock();
  const filters = limits.map((limit) => limit === undefined ? {} : { limit });
  const subscription: RelaySubscription = new RelaySubscription(RELAY, filters, clock, {
    event: (event) => reports.push(event),
    eose: (hints) => reports.push(hints.length > 0 ? ["eose", ...hints] : "eose"),
    end: (error) => reports.push(error),
    message: () => {},
    verify: () => true,
    over: () => reports.push("over"),
    flood: (error) => subscription.end(error),
  });
  return { subscription, reports, clock };
}

const event = (event: NostrEvent): Message => ["EVENT", "id", event];
const EOSE: Message = ["EOSE", "id"];

Deno.test("RelaySubscription reports events, and once the end of the stored ones", async () => {
  const { subscription, reports } = listening();
  const [first, second] = notes(2);
  const { relay } = relayOf([event(first), EOSE, event(second), EOSE, ["NOTICE", "odd"]]);
  subscription.start(relay);
  await settled();
  assert.deepEqual(reports, [first, "eose", second]);
});

Deno.test("RelaySubscription close() ends its reports, and sends CLOSE", async () => {
  const { subscription, reports } = listening();
  const { relay, state } = relayOf([EOSE]);
  subscription.start(relay);
  await settled();
  subscription.close();
  subscription.close();
  subscription.end(new Error("late") as RelayFailureError);
  await settled();
  assert.deepEqual(reports, ["eose", "over"]);
  assert.ok(state.signal!.aborted);
  assert.ok(state.isLeft);
});

Deno.test("RelaySubscription close() in the middle of an answer drops the rest", async () => {
  const { subscription, reports } = listening();
  const { relay, state } = relayOf(notes(5).map(event), "end");
  subscription.start(relay);
  subscription.close();
  await settled();
  assert.deepEqual(reports, ["over"]);
  assert.ok(state.isLeft);
});

Deno.test("RelaySubscription ends with the relay's reason, however the relay says CLOSED", async () => {
  for (
    const [then, words, reason] of [
      ["end", undefined, "closed"],
      ["wait", "rate-limited: slow down", "rate-limited"],
    ] as const
  ) {
    const { subscription, reports } = listening();
    // An app's own relay may end in silence.
    const silent = then === "end";
    const closed: Message[] = silent ? [] : [["CLOSED", "id", words], event(note())];
    const { relay, state } = relayOf([EOSE, ...closed], then);
    subscription.start(relay);
    await settled();
    assert.deepEqual(reports.slice(0, 2), ["eose", "over"]);
    const error = reports[2] as RelayFailureError;
    assert.equal(error.reason, reason);
    assert.match(error.message, words ? new RegExp(words.slice(-6, -1)) : /ended the subscription/);
    assert.equal(reports.length, 3);
    assert.ok(state.isLeft);
    assert.equal(subscription.reasonText, words);
  }
});

Deno.test("RelaySubscription ends as disconnected if the relay throws", async () => {
  const thrown = new Error("socket hang up");
  const { subscription, reports } = listening();
  subscription.start(relayOf([], thrown).relay);
  await settled();
  const [, error] = reports as [string, RelayFailureError];
  assert.equal(error.reason, "disconnected");
  assert.match(error.message, /socket hang up$/);
  assert.equal(error.cause, thrown);

  const other = listening();
  const broken = { req: () => assert.fail("no generator") } as unknown as NRelay;
  other.subscription.start(broken);
  await settled();
  assert.equal((other.reports[1] as RelayFailureError).reason, "disconnected");
});

Deno.test("RelaySubscription passes on no forged event", async () => {
  const [good, forged] = notes(2);
  const reports: NostrEvent[] = [];
  const subscription = new RelaySubscription(RELAY, [{}], new TestClock(), {
    event: (event) => reports.push(event),
    eose: () => {},
    end: () => {},
    message: () => {},
    verify: (event) => event !== forged,
    over: () => {},
    flood: () => {},
  });
  subscription.start(relayOf([event(forged), event(good)]).relay);
  await settled();
  assert.deepEqual(reports, [good]);
});

Deno.test("RelaySubscription ends as flood beyond 10,000 stored events more than its filters allow", async () => {
  for (
    const [limits, most] of [
      [[undefined], 20_000],
      [[5], 10_005],
      [[0], 10_000],
      [[5, undefined], 20_005],
      [[1_000_000], 20_000],
    ] as const
  ) {
    const { subscription, reports } = listening(limits);
    const flood = note();
    subscription.start(relayOf(Array(most).fill(event(flood)), "wait").relay);
    await settled();
    assert.equal(reports.length, most);
    const other = listening(limits);
    other.subscription.start(relayOf(Array(most + 5).fill(event(flood)), "wait").relay);
    await settled();
    assert.equal(other.reports.filter((entry) => entry === flood).length, most);
    assert.equal((other.reports.at(-1) as RelayFailureError).reason, "flood");
    assert.match(
      (other.reports.at(-1) as RelayFailureError).message,
      /more events than any answer/,
    );
  }
});

Deno.test("RelaySubscription takes 20,000 live events a minute, and counts stored ones separately", async () => {
  const { subscription, reports, clock } = listening([0]);
  const minutes = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const live = event(note());
  const relay = {
    async *req() {
      yield* notes(9000).map(event);
      yield EOSE;
      for (const { promise } of minutes) {
        await promise;
        yield* Array(20_000).fill(live);
      }
      yield live;
    },
  } as unknown as NRelay;
  subscription.start(relay);
  for (const { resolve } of minutes) {
    await settled();
    assert.equal(reports.at(-1) instanceof Error, false);
    await clock.advance(60_000);
    resolve();
  }
  await settled();
  assert.equal((reports.at(-1) as RelayFailureError).reason, "flood");
  assert.match((reports.at(-1) as RelayFailureError).message, /20000 events a minute/);
});

Deno.test("NIP-67: RelaySubscription reports the hints of an EOSE, of whatever shape it is", async () => {
  const shapes: [unknown[], string[]][] = [
    [[], []],
    [[[]], []],
    [[["finish"]], ["finish"]],
    [[["more", "auth"]], ["more", "auth"]],
    [[["later", 7]], []],
    [["finish"], []],
    [[{ finish: 1 }], []],
    [[["more"], "x"], ["more"]],
  ];
  for (const [rest, hints] of shapes) {
    const { subscription, reports } = listening();
    subscription.start(relayOf([["EOSE", "id", ...rest], ["EOSE", "id", ["auth"]]]).relay);
    await settled();
    assert.deepEqual(
      reports,
      [hints.length > 0 ? ["eose", ...hints] : "eose"],
      "the second EOSE says nothing",
    );
  }
});
