import fc from "fast-check";
import assert from "node:assert/strict";
import { SendSchedule } from "../../src/ledger/send_schedule.ts";

const A = "wss://a.example/";
const relay = A;
const ids = (offers: readonly { id: string }[]) => offers.map(({ id }) => id);

Deno.test("SendSchedule offers one event at an unknown relay, and many at one that has answered", () => {
  const schedule = new SendSchedule(() => 0.5);
  for (let i = 0; i < 50; i++) schedule.put({ relay, id: `${i}`, at: 0 }, 0);
  assert.deepEqual(ids(schedule.due(0)), ["0"]);
  assert.equal(schedule.nextAt(), Infinity);
  schedule.ended(relay, "0", true, 10);
  assert.equal(schedule.due(10).length, 20);
});

Deno.test("SendSchedule pauses a relay that fails for seconds at first, and never for more than 45", () => {
  for (const random of [0, 0.5, 0.999]) {
    const schedule = new SendSchedule(() => random);
    schedule.put({ relay, id: "1", at: 0 }, 0);
    let now = 0;
    const pauses = Array.from({ length: 8 }, () => {
      schedule.due(now);
      schedule.ended(relay, "1", false, now);
      schedule.put({ relay, id: "1", at: now }, now);
      const pause = schedule.nextAt() - now;
      now += pause;
      return pause;
    });
    assert.ok(pauses[0] <= 3_000 && pauses.at(-1)! >= 15_000 && pauses.at(-1)! <= 45_000);
  }
});

Deno.test("SendSchedule tries 64 relays that failed at once, and takes up the others as these end", () => {
  const schedule = new SendSchedule(() => 0.5);
  const relays = Array.from({ length: 100 }, (_, i) => `wss://r${i}.example/`);
  for (const relay of relays) schedule.put({ relay, id: "1", at: 0 }, 0);
  assert.equal(schedule.due(0).length, 100, "the first attempt is not held back");
  for (const relay of relays) {
    schedule.ended(relay, "1", false, 0);
    schedule.put({ relay, id: "1", at: 0 }, 0);
  }
  const probes = schedule.due(10_000);
  assert.equal(probes.length, 64);
  assert.equal(schedule.nextAt(), Infinity);
  schedule.ended(probes[0].relay, "1", true, 10_000);
  assert.equal(schedule.due(10_000).length, 1);
});

Deno.test("SendSchedule gives every relay that fails its turn, the one that waits longest first, however many hang", () => {
  const schedule = new SendSchedule(() => 0.5);
  const count = 500, hangMs = 10_000, seconds = 1_800;
  const tries = new Map<string, number[]>();
  const underWay: { relay: string; until: number }[] = [];
  for (let i = 0; i < count; i++) schedule.put({ relay: `r${i}`, id: "1", at: 0 }, 0);
  for (let second = 0; second < seconds; second++) {
    const now = second * 1_000;
    while (underWay.length > 0 && underWay[0].until <= now) {
      const { relay } = underWay.shift()!;
      schedule.ended(relay, "1", false, now);
      schedule.put({ relay, id: "1", at: now }, now);
    }
    for (const { relay } of schedule.due(now)) {
      tries.set(relay, [...tries.get(relay) ?? [], now]);
      underWay.push({ relay, until: now + hangMs });
    }
  }
  assert.equal(tries.size, count);
  for (const [relay, times] of tries) {
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    // 500 attempts of ten seconds by 64 at a time take 78 s.
    assert.ok(Math.max(...gaps) <= 100_000, `${relay} waited ${Math.max(...gaps)} ms`);
  }
});

Deno.test("SendSchedule offers each event of a relay once at a time, whatever is put, ended and removed", () => {
  const anyStep = fc.record({
    what: fc.constantFrom("put", "later", "due", "end", "fail", "remove", "connected"),
    id: fc.nat({ max: 5 }),
    ms: fc.nat({ max: 20_000 }),
  });
  fc.assert(fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
    const schedule = new SendSchedule(() => 0.5);
    const underWay = new Set<string>();
    const open = new Set<string>();
    let now = 0;
    const take = () => {
      for (const { id } of schedule.due(now)) {
        assert.ok(!underWay.has(id), `${id} is offered twice`);
        assert.ok(open.has(id), `${id} was removed`);
        underWay.add(id);
      }
    };
    for (const { what, id: number, ms } of steps) {
      now += ms;
      const id = `${number}`;
      const address = number % 2 === 0 ? "even" : undefined;
      if (what === "put" || what === "later") {
        open.add(id);
        schedule.put({ relay, id, address, at: what === "put" ? now : now + ms }, now);
      } else if (what === "due") take();
      else if (what === "connected") schedule.connected(relay);
      else if (what === "remove") {
        if (!underWay.has(id)) open.delete(id);
        schedule.remove(relay, id);
      } else if (underWay.delete(id)) {
        open.delete(id);
        schedule.ended(relay, id, what === "end", now);
        schedule.tidy(relay);
      }
      assert.ok([...underWay].filter((id) => Number(id) % 2 === 0).length <= 1);
    }
    // Everything that is open is offered in the end.
    for (let round = 0; round < 50 && open.size > 0; round++) {
      for (const id of [...underWay]) {
        underWay.delete(id);
        open.delete(id);
        schedule.ended(relay, id, true, now);
      }
      now = Math.max(now, Math.min(schedule.nextAt(), now + 60_000));
      take();
    }
    assert.equal(open.size, 0);
  }));
});

Deno.test("SendSchedule counts offers that fail together as one failure", () => {
  const schedule = new SendSchedule(() => 0.5);
  for (let i = 0; i < 30; i++) schedule.put({ relay, id: `${i}`, at: 0 }, 0);
  schedule.due(0);
  schedule.ended(relay, "0", true, 0);
  for (const { id } of schedule.due(0)) schedule.ended(relay, id, false, 100);
  assert.equal(schedule.pausedUntil(relay), 2_100);
});

Deno.test("SendSchedule holds a version back while another is offered, and offers it then", () => {
  const schedule = new SendSchedule(() => 0.5);
  schedule.put({ relay, id: "warm", at: 0 }, 0);
  schedule.due(0);
  for (const id of ["v1", "v2"]) schedule.put({ relay, id, at: 0, address: "0:alice:" }, 0);
  schedule.ended(relay, "warm", true, 0);
  assert.deepEqual(ids(schedule.due(0)), ["v1"]);
  assert.equal(schedule.nextAt(), Infinity);
  schedule.ended(relay, "v1", true, 5);
  assert.deepEqual(ids(schedule.due(5)), ["v2"]);
});
