import fc from "fast-check";
import assert from "node:assert/strict";
import { ConnectTimeout } from "../../src/connections/connect_timeout.ts";

function after(...times: number[]): number {
  const usual = new ConnectTimeout();
  for (const ms of times) usual.record(ms);
  return usual.timeoutMs;
}

Deno.test("ConnectTimeout is ten seconds as long as little is known of the network", () => {
  assert.equal(after(), 10_000);
  assert.equal(after(300, 300), 10_000);
});

Deno.test("ConnectTimeout is shorter if others connect fast, but at least 2.5 s", () => {
  assert.equal(after(300, 300, 300), 2_500);
  assert.ok(after(600, 700, 900, 650, 700) < 5_000);
});

Deno.test("ConnectTimeout is longer if the network is slow", () => {
  assert.ok(after(3_000, 4_000, 5_000) > 5_000);
});

Deno.test("ConnectTimeout forgets a network that was fast, and stays within its bounds", () => {
  assert.ok(after(...Array(50).fill(300), ...Array(20).fill(5_000)) > 5_000);
  fc.assert(fc.property(fc.array(fc.nat(60_000)), (times) => {
    const deadline = after(...times);
    assert.ok(deadline >= 2_500 && deadline <= 10_000, `${deadline}`);
  }));
});
