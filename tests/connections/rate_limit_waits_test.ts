import assert from "node:assert/strict";
import { NamedWait } from "../../src/connections/named_wait.ts";
import { RateLimitWaits } from "../../src/connections/rate_limit_waits.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { START, TestClock } from "../../testing/test_clock.ts";

const error = new RelayFailureError(RELAY, "rate-limited", "rate-limited");

/** Two queries to one relay, what each reports of its waits, and when a wait is over. */
function setUp() {
  const clock = new TestClock();
  const named = new NamedWait(clock);
  const controller = new AbortController();
  const reports: number[][] = [[], []];
  const [one, other] = reports.map((own) => {
    const options = { clock, random: () => 0.5, onWait: (ms: number) => void own.push(ms) };
    return new RateLimitWaits(named, options, controller.signal);
  });
  const overAt = async (wait: Promise<void>) => {
    await wait;
    return clock.now() - START * 1000;
  };
  return { clock, controller, reports, one, other, overAt };
}

Deno.test("RateLimitWaits reports waits in a row together, until the relay answers", async () => {
  const { clock, reports: [own], one } = setUp();
  for (const tries of [1, 2]) {
    const wait = one.refused("rate-limited: slow down", tries, error);
    await clock.advance(1_000 * tries);
    await wait;
  }
  one.answered();
  const wait = one.refused("rate-limited: slow down", 3, error);
  assert.deepEqual(own, [1_000, 3_000, 4_000]);
  await clock.advance(4_000);
  await wait;
});

Deno.test("RateLimitWaits holds the REQs of other queries back for a time that the relay names, and for no other", async () => {
  const { clock, controller, reports: [, others], one, other, overAt } = setUp();
  const unnamed = one.refused("rate-limited: slow down", 1, error);
  assert.equal(await overAt(other.beforeReq()), 0);
  const named = one.refused("rate-limited: retry in 8 s", 1, error);
  const waits = Promise.all([unnamed, named, other.beforeReq()].map(overAt));
  await clock.advance(8_000);
  assert.deepEqual(await waits, [1_000, 8_000, 8_000]);
  assert.deepEqual(others, [8_000]);
  const last = one.refused("rate-limited: retry in 8 s", 1, error);
  controller.abort();
  assert.equal(await overAt(last), 8_000, "the signal ends each wait");
});
