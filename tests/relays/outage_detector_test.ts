import fc from "fast-check";
import assert from "node:assert/strict";
import { type Incident, OutageDetector } from "../../src/relays/outage_detector.ts";
import { A, B, C, MINUTE, NOW, SECOND } from "../support/relay_records.ts";

function incident(url: string, failedAt = NOW, startedAt = failedAt - SECOND): Incident {
  return { url, failure: "unreachable", startedAt, failedAt };
}

Deno.test("a failure counts at once if another relay worked since it was begun", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW - SECOND);
  assert.ok(witness.failed(incident(A)));
  assert.equal(witness.held(A), undefined);
  assert.ok(!witness.failed(incident(A, NOW + 1)), "that begun after it is held");
});

Deno.test("a failure is held as long as no other relay works", () => {
  const witness = new OutageDetector();
  assert.ok(!witness.failed(incident(A)));
  witness.lives(A, NOW + 1);
  assert.equal(witness.held(A), undefined, "it works itself");
  witness.lives(A, NOW + 1);
  assert.ok(!witness.failed(incident(A, NOW + 2)), "it is no witness against itself");
  assert.deepEqual(witness.lives(B, NOW + 3), [incident(A, NOW + 2)]);
  assert.deepEqual(witness.lives(B, NOW + 4), [], "it counts once");
});

Deno.test("a relay that works often does not hide that another did", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW);
  witness.lives(A, NOW);
  witness.lives(A, NOW);
  assert.ok(witness.failed(incident(A, NOW + SECOND, NOW)));
  assert.ok(witness.failed(incident(B, NOW + SECOND, NOW)));
  assert.ok(witness.failed(incident(C, NOW + SECOND, NOW)));
});

Deno.test("a held failure counts within a minute, and is dropped after that", () => {
  for (const [later, counts] of [[0, 1], [MINUTE, 1], [MINUTE + 1, 0], [-1, 0]]) {
    const witness = new OutageDetector();
    witness.failed(incident(A));
    assert.equal(witness.lives(B, NOW + later).length, counts, `${later} ms later`);
    assert.equal(witness.held(A), undefined);
    assert.equal(witness.lives(C, NOW + later).length, 0);
  }
});

Deno.test("where the witness had failed as well, the network was gone, and nobody is to blame", () => {
  const witness = new OutageDetector();
  witness.failed(incident(C, NOW - 20 * SECOND));
  witness.failed(incident(B, NOW));
  witness.failed(incident(A, NOW));
  // C failed before B was even tried.
  assert.deepEqual(witness.lives(B, NOW + 5 * SECOND), [incident(C, NOW - 20 * SECOND)]);
  assert.deepEqual(witness.lives(C, NOW + 6 * SECOND), []);
  assert.ok(witness.failed(incident(A, NOW + 7 * SECOND, NOW + 6 * SECOND)), "but from now on");
});

Deno.test("several failures of one relay are held as one, the last", () => {
  const witness = new OutageDetector();
  for (let i = 0; i < 3; i++) witness.failed(incident(A, NOW + i));
  assert.deepEqual(witness.held(A), { times: 3, failedAt: NOW + 2 });
  assert.deepEqual(witness.lives(B, NOW + 9), [incident(A, NOW + 2)]);
});

Deno.test("a clock that was set back makes no witness of the future", () => {
  const witness = new OutageDetector();
  witness.lives(B, NOW + MINUTE);
  assert.ok(!witness.failed(incident(A)));
});

Deno.test("what is held is bounded: the oldest go", () => {
  const witness = new OutageDetector();
  for (let i = 0; i < 1_500; i++) witness.failed(incident(`wss://r${i}.example/`));
  witness.failed(incident("wss://r500.example/"));
  const counted = witness.lives(A, NOW).map(({ url }) => url);
  assert.equal(counted.length, 1_000);
  assert.equal(counted[0], "wss://r501.example/");
  assert.equal(counted.at(-1), "wss://r500.example/");
});

Deno.test("a total loss of network counts against nobody who was tried no earlier than who is back first", () => {
  const step = fc.record({ relay: fc.nat({ max: 4 }), pause: fc.nat({ max: 20 * SECOND }) });
  fc.assert(fc.property(fc.array(step, { minLength: 1 }), fc.nat(), (steps, first) => {
    const urls = Array.from({ length: 5 }, (_, relay) => `wss://r${relay}.example/`);
    const witness = new OutageDetector();
    for (const url of urls) witness.lives(url, NOW);
    let now = NOW + 1;
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
