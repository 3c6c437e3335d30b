import assert from "node:assert/strict";
import { Keepalive } from "../../src/connections/keepalive.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** A connection that answers probes, or does not. */
function setUp(answers: boolean) {
  const clock = new TestClock();
  const reports: string[] = [];
  const tell = (what: string) => reports.push(`${clock.now() - begun} ${what}`);
  const begun = clock.now();
  const keepalive: Keepalive = new Keepalive({
    clock,
    probe() {
      tell("probe");
      if (answers) clock.after(1_000, () => keepalive.heard());
      return () => tell("back");
    },
    onDead: () => tell("dead"),
  });
  return { clock, reports, keepalive };
}

Deno.test("Keepalive takes a connection for dead that is silent for 45 s and does not answer a probe", async () => {
  const { clock, reports, keepalive } = setUp(false);
  keepalive.start();
  await clock.advance(600_000);
  assert.deepEqual(reports, ["45000 probe", "60000 back", "60000 dead"]);
  assert.equal(clock.pending, 0);
});

Deno.test("Keepalive probes a connection that answers whenever it was silent for 45 s, and cancels each probe", async () => {
  const { clock, reports, keepalive } = setUp(true);
  keepalive.start();
  await clock.advance(180_000);
  assert.deepEqual(reports.slice(0, 4), [
    "45000 probe",
    "46000 back",
    "91000 probe",
    "92000 back",
  ]);
  assert.ok(!reports.some((what) => what.endsWith("dead")));
});

Deno.test("Keepalive does not probe a connection that is not silent", async () => {
  const { clock, reports, keepalive } = setUp(false);
  keepalive.start();
  for (let i = 0; i < 20; i++) {
    await clock.advance(44_000);
    keepalive.heard();
  }
  assert.deepEqual(reports, []);
});

Deno.test("Keepalive sends nothing before start() and after stop()", async () => {
  const { clock, reports, keepalive } = setUp(false);
  await clock.advance(100_000);
  keepalive.start();
  keepalive.start();
  await clock.advance(44_000);
  keepalive.stop();
  await clock.advance(100_000);
  assert.deepEqual(reports, []);
  assert.equal(clock.pending, 0);
  keepalive.start();
  await clock.advance(45_000);
  assert.deepEqual(reports, ["289000 probe"]);
  keepalive.stop();
  assert.deepEqual(reports, ["289000 probe", "289000 back"]);
});

Deno.test("Keepalive blames no connection for a program that was asleep", async () => {
  const { clock, reports, keepalive } = setUp(false);
  keepalive.start();
  await clock.stall(3_600_000);
  assert.deepEqual(reports, []);
  keepalive.heard();
  await clock.advance(44_000);
  assert.deepEqual(reports, []);
});
