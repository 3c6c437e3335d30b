import fc from "fast-check";
import assert from "node:assert/strict";
import { type Incident, OutageDetector } from "../../src/relays/outage_detector.ts";
import { A, B, C, MINUTE_MS, NOW_MS, SECOND_MS } from "../support/relay_records.ts";

function incident(url: string, failedAt = NOW_MS, startedAt = failedAt - SECOND_MS): Incident {
  return { url, failure: "unreachable", startedAt, failedAt };
}

Deno.test("OutageDetector counts a failure at once if another relay worked since the operation was begun", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW_MS - SECOND_MS);
  assert.ok(witness.failed(incident(A)));
  assert.equal(witness.held(A), undefined);
  assert.ok(!witness.failed(incident(A, NOW_MS + 1)), "that begun after it is held");
});

Deno.test("OutageDetector holds a failure as long as no other relay works", () => {
  const witness = new OutageDetector();
  assert.ok(!witness.failed(incident(A)));
  witness.lives(A, NOW_MS + 1);
  assert.equal(witness.held(A), undefined, "it works itself");
  witness.lives(A, NOW_MS + 1);
  assert.ok(!witness.failed(incident(A, NOW_MS + 2)), "it is no witness against itself");
  assert.deepEqual(witness.lives(B, NOW_MS + 3), [incident(A, NOW_MS + 2)]);
  assert.deepEqual(witness.lives(B, NOW_MS + 4), [], "it counts once");
});

Deno.test("OutageDetector sees that another relay worked, however often the last one did", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW_MS);
  witness.lives(A, NOW_MS);
  witness.lives(A, NOW_MS);
  assert.ok(witness.failed(incident(A, NOW_MS + SECOND_MS, NOW_MS)));
  assert.ok(witness.failed(incident(B, NOW_MS + SECOND_MS, NOW_MS)));
  assert.ok(witness.failed(incident(C, NOW_MS + SECOND_MS, NOW_MS)));
});

Deno.test("OutageDetector counts a held failure within a minute, and drops it after that", () => {
  for (const [later, counts] of [[0, 1], [MINUTE_MS, 1], [MINUTE_MS + 1, 0], [-1, 0]]) {
    const witness = new OutageDetector();
    witness.failed(incident(A));
    assert.equal(witness.lives(B, NOW_MS + later).length, counts, `${later} ms later`);
    assert.equal(witness.held(A), undefined);
    assert.equal(witness.lives(C, NOW_MS + later).length, 0);
  }
});

Deno.test("OutageDetector drops failures if the relay that works again had failed as well: the network was down", () => {
  const witness = new OutageDetector();
  witness.failed(incident(C, NOW_MS - 20 * SECOND_MS));
  witness.failed(incident(B, NOW_MS));
  witness.failed(incident(A, NOW_MS));
  // C failed before B was even tried.
  assert.deepEqual(witness.lives(B, NOW_MS + 5 * SECOND_MS), [
    incident(C, NOW_MS - 20 * SECOND_MS),
  ]);
  assert.deepEqual(witness.lives(C, NOW_MS + 6 * SECOND_MS), []);
  assert.ok(
    witness.failed(incident(A, NOW_MS + 7 * SECOND_MS, NOW_MS + 6 * SECOND_MS)),
    "but from now on",
  );
});

Deno.test("OutageDetector holds several failures of one relay as one, the last", () => {
  const witness = new OutageDetector();
  for (let i = 0; i < 3; i++) witness.failed(incident(A, NOW_MS + i));
  assert.deepEqual(witness.held(A), { firstFailedAt: NOW_MS, failedAt: NOW_MS + 2 });
  assert.deepEqual(witness.lives(B, NOW_MS + 9), [incident(A, NOW_MS + 2)]);
});

Deno.test("OutageDetector takes no relay for a witness whose time lies in the future, after a clock was set back", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW_MS + MINUTE_MS);
  assert.ok(!witness.failed(incident(A)));
});

Deno.test("OutageDetector holds the failures of at most 1,000 relays: the oldest go", () => {
  const witness = new OutageDetector();
  for (let i = 0; i < 1_500; i++) witness.failed(incident(`wss://r${i}.example/`));
  witness.failed(incident("wss://r500.example/"));
  const counted = witness.lives(A, NOW_MS).map(({ url }) => url);
  assert.equal(counted.length, 1_000);
  assert.equal(counted[0], "wss://r501.example/");
  assert.equal(counted.at(-1), "wss://r500.example/");
});

Deno.test("OutageDetector counts a total outage against no relay that was tried no earlier than the one that is back first", () => {
  const step = fc.record({ relay: fc.nat({ max: 4 }), pause: fc.nat({ max: 20 * SECOND_MS }) });
  fc.assert(fc.property(fc.array(step, { minLength: 1 }), fc.nat(), (steps, first) => {
    const urls = Array.from({ length: 5 }, (_, relay) => `wss://r${relay}.example/`);
    const witness = new OutageDetector();
    for (const url of urls) witness.lives(url, NOW_MS);
    let now = NOW_MS + 1;
    const begun: string[] = [];
    for (const { relay, pause } of steps) {
      const failing = { ...incident(urls[relay]), startedAt: now, failedAt: now + pause };
      assert.ok(!witness.failed(failing));
      if (!begun.includes(urls[relay])) begun.push(urls[relay]);
      now += pause;
    }
    const back = first % begun.length;
    const counted = witness.lives(begun[back], now).map(({ url }) => url);
    assert.deepEqual(counted.filter((url) => begun.indexOf(url) >= back), []);
    assert.deepEqual(urls.filter((url) => witness.held(url)), []);
  }));
});
