import assert from "node:assert/strict";
import { RelayOutage } from "../../src/connections/relay_outage.ts";
import { settled, START, TestClock } from "../../testing/test_clock.ts";
import { never } from "../support/connector_use.ts";
import { CountedController } from "../support/counted_signal.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../support/relay_records.ts";

const NOW = START * 1000;

/** An outage of a relay that may be tried again at `retryAt`. */
function setUp({ random = () => 0.5, retryAt = 0 } = {}) {
  const clock = new TestClock();
  const outage = new RelayOutage({ clock, random, retryAt: () => retryAt, hasWorked: () => true });
  const ended: string[] = [];
  /** Waits, and writes down when that ends. */
  const wait = (name: string, ms = 0, signal = never) =>
    void outage.wait(ms, SECOND_MS, signal).then(() => ended.push(`${clock.now() - NOW} ${name}`));
  return { clock, outage, ended, wait };
}

Deno.test("RelayOutage wait() ends for all at the same time, however late they came", async () => {
  const { clock, outage, ended, wait } = setUp();
  outage.failed("unreachable");
  wait("a");
  await clock.advance(400);
  wait("b");
  wait("longer", 5_000);
  await clock.advance(599);
  assert.deepEqual(ended, []);
  await clock.advance(1);
  assert.deepEqual(ended, ["1000 a", "1000 b"]);
  assert.equal(outage.waiting, 1);
  await clock.advance(10_000);
  assert.deepEqual(ended.slice(2), ["5400 longer"]);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayOutage wait() lasts until the relay may be tried at all, except for a quick retry", async () => {
  const { clock, outage, ended, wait } = setUp({ retryAt: NOW + 7_000 });
  outage.failed("disconnected", NOW - MINUTE_MS);
  assert.ok(outage.isQuickRetry);
  wait("quick");
  await clock.advance(200);
  assert.deepEqual(ended, ["200 quick"]);
  outage.failed("unreachable");
  assert.ok(!outage.isQuickRetry);
  wait("later");
  await clock.advance(10_000);
  assert.deepEqual(ended, ["200 quick", "7000 later"]);
  wait("none");
  await clock.advance(SECOND_MS);
  assert.deepEqual(ended.slice(2), ["11200 none"], "the least wait");
});

Deno.test("RelayOutage wait() ends when the relay is connected, or with its signal, and leaves nothing", async () => {
  const { clock, outage, ended, wait } = setUp();
  const controller = new CountedController();
  outage.failed("disconnected", NOW - HOUR_MS);
  assert.ok(outage.isQuickRetry);
  wait("a", HOUR_MS);
  wait("b", 0, controller.signal);
  wait("c", 0, controller.signal);
  controller.abort();
  await settled();
  assert.deepEqual(ended, ["0 b", "0 c"]);
  outage.opened();
  assert.ok(!outage.isQuickRetry);
  await settled();
  assert.deepEqual(ended, ["0 b", "0 c", "0 a"]);
  assert.equal(controller.listeners + clock.pending + outage.waiting, 0);
});

Deno.test("RelayOutage goes on over connections of ten seconds, and is over after longer ones", async () => {
  for (const [lasted, wait] of [[10_000, 31_000], [10_001, 200]]) {
    const { clock, outage, ended, wait: waits } = setUp();
    outage.failed("unreachable");
    await clock.advance(5 * MINUTE_MS);
    const openedAt = clock.now();
    outage.opened();
    await clock.advance(lasted);
    outage.failed("disconnected", openedAt);
    const failedAt = clock.now() - NOW;
    waits("again");
    await clock.advance(MINUTE_MS);
    assert.deepEqual(ended, [`${failedAt + wait} again`]);
  }
});

Deno.test("RelayOutage takes connections that end together for one outage: the first decides", async () => {
  const { clock, outage, ended, wait } = setUp();
  for (const ms of [0, 1, 50]) {
    await clock.advance(ms);
    outage.failed("disconnected", NOW - HOUR_MS);
    wait(`${ms}`);
  }
  assert.ok(outage.isQuickRetry);
  await clock.advance(SECOND_MS);
  assert.deepEqual(ended, ["200 0", "200 1", "200 50"]);
  outage.failed("unreachable");
  outage.failed("disconnected", NOW - HOUR_MS);
  assert.ok(!outage.isQuickRetry, "that was before the outage");
});

Deno.test("RelayOutage is another one after over(), and after an hour without a failure", async () => {
  for (
    const [ms, isOver, isAnother] of [[0, true, true], [HOUR_MS, false, false], [
      HOUR_MS + 1,
      false,
      true,
    ]] as const
  ) {
    const { clock, outage } = setUp();
    outage.failed("unreachable");
    await clock.advance(ms);
    if (isOver) outage.over();
    outage.failed("disconnected", clock.now());
    assert.equal(outage.isQuickRetry, isAnother, `${ms}`);
  }
});

Deno.test("RelayOutage waits a larger share of the outage for a relay that never worked", () => {
  const clock = new TestClock();
  const tries = [true, false].map((hasWorked) => {
    const options = { clock, random: () => 0.5, retryAt: () => 0, hasWorked: () => hasWorked };
    const outage = new RelayOutage(options);
    let count = 0;
    const end = clock.now() + 600_000;
    const again = async () => {
      while (clock.now() < end) {
        count++;
        outage.failed("unreachable");
        await outage.wait(0, SECOND_MS, new AbortController().signal);
      }
    };
    return { again, count: () => count };
  });
  return (async () => {
    const running = tries.map(({ again }) => again());
    await clock.advance(1_200_000);
    await Promise.all(running);
    const [worked, never] = tries.map(({ count }) => count());
    assert.ok(never <= 15 && worked >= 30, `${never} and ${worked} tries`);
  })();
});
