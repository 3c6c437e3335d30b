import assert from "node:assert/strict";
import { Keepalive } from "../../src/connections/keepalive.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** A connection that answers probes, or does not. */
function setUp(answers: boolean) {
  const clock = new TestClock();
  const told: string[] = [];
  const tell = (what: string) => told.push(`${clock.now() - begun} ${what}`);
  const begun = clock.now();
  const pulse: Keepalive = new Keepalive({
    clock,
    probe() {
      tell("probe");
      if (answers) clock.after(1_000, () => pulse.heard());
      return () => tell("back");
    },
    onDead: () => tell("dead"),
  });
  return { clock, told, pulse };
}

Deno.test("Keepalive holds a connection for dead that is silent for a minute, and to a probe", async () => {
  const { clock, told, pulse } = setUp(false);
  pulse.start();
  await clock.advance(600_000);
  assert.deepEqual(told, ["60000 probe", "75000 back", "75000 dead"]);
  assert.equal(clock.pending, 0);
});

Deno.test("Keepalive probes a connection that answers once in a minute, and takes each probe back", async () => {
  const { clock, told, pulse } = setUp(true);
  pulse.start();
  await clock.advance(180_000);
  assert.deepEqual(told.slice(0, 4), ["60000 probe", "61000 back", "121000 probe", "122000 back"]);
  assert.ok(!told.some((what) => what.endsWith("dead")));
});

Deno.test("Keepalive probes no connection on which something is heard", async () => {
  const { clock, told, pulse } = setUp(false);
  pulse.start();
  for (let i = 0; i < 20; i++) {
    await clock.advance(50_000);
    pulse.heard();
  }
  assert.deepEqual(told, []);
});

Deno.test("Keepalive asks nothing before it is started, nor once it is stopped", async () => {
  const { clock, told, pulse } = setUp(false);
  await clock.advance(100_000);
  pulse.start();
  pulse.start();
  await clock.advance(59_000);
  pulse.stop();
  await clock.advance(100_000);
  assert.deepEqual(told, []);
  assert.equal(clock.pending, 0);
  pulse.start();
  await clock.advance(60_000);
  assert.deepEqual(told, ["319000 probe"]);
  pulse.stop();
  assert.deepEqual(told, ["319000 probe", "319000 back"]);
});

Deno.test("Keepalive blames no connection for a program that was asleep", async () => {
  const { clock, told, pulse } = setUp(false);
  pulse.start();
  await clock.stall(3_600_000);
  assert.deepEqual(told, []);
  pulse.heard();
  await clock.advance(59_000);
  assert.deepEqual(told, []);
});
