import assert from "node:assert/strict";
import { NamedWait } from "../../src/connections/named_wait.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { TestClock } from "../../testing/test_clock.ts";

const error = new RelayFailureError(RELAY, "rate-limited", "rate-limited: retry in 5 s");

Deno.test("NamedWait says what is left until the wait is over; the last that a relay names holds", async () => {
  const clock = new TestClock();
  const wait = new NamedWait(clock);
  const left = () => wait.left?.ms;
  assert.equal(left(), undefined);
  wait.begin(5_000, error);
  assert.deepEqual(wait.left, { ms: 5_000, error });
  await clock.advance(4_999);
  assert.equal(left(), 1);
  await clock.advance(1);
  assert.equal(left(), undefined);
  wait.begin(60_000, error);
  wait.begin(1_000, error);
  assert.equal(left(), 1_000);
});

Deno.test("NamedWait is over if the clock was set back, so that no relay is left alone for a day", async () => {
  const clock = new TestClock();
  const wait = new NamedWait(clock);
  wait.begin(5_000, error);
  await clock.advance(-86_400_000);
  assert.equal(wait.left, undefined);
});
