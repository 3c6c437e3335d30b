import assert from "node:assert/strict";
import { explorerHealth } from "../../src/explorer/explorer_health.ts";
import { UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";

const NOW_MS = 1_700_000_000_000;

Deno.test("explorerHealth() leaves out what never happened", () => {
  assert.deepEqual(explorerHealth({ ...UNKNOWN_RELAY, attempts: 1, successes: 1 }, NOW_MS), {
    state: "works",
    attempts: 1,
    successes: 1,
    failures: {},
    events: 0,
  });
});

Deno.test("explorerHealth() tells since when a relay fails, and when it is tried again", () => {
  const record = {
    ...UNKNOWN_RELAY,
    attempts: 4,
    inARow: 2,
    downSince: NOW_MS - 60_000,
    lastFailure: NOW_MS - 5_000,
    retryAt: NOW_MS + 30_000,
  };
  const now = NOW_MS / 1000;
  const { state, downSince, lastFailure, retryAt } = explorerHealth(record, NOW_MS);
  assert.deepEqual({ state, downSince, lastFailure, retryAt }, {
    state: "backing-off",
    downSince: now - 60,
    lastFailure: now - 5,
    retryAt: now + 30,
  });
  const later = explorerHealth(record, NOW_MS + 60_000);
  assert.equal(later.state, "fails");
  assert.equal(later.retryAt, undefined);
});

Deno.test("explorerHealth() tells what share a relay delivers, and of how many that was learned", () => {
  const learned = { hits: 30, misses: 10, learnedAt: NOW_MS };
  const { delivers, learnedOf } = explorerHealth({ ...UNKNOWN_RELAY, ...learned }, NOW_MS);
  assert.deepEqual({ delivers, learnedOf }, { delivers: 0.75, learnedOf: 40 });
});

Deno.test("explorerHealth() tells that a relay wants a sign-in, as it said or did", () => {
  for (const more of [{ limits: { authRequired: true } }, { failures: { "auth-required": 1 } }]) {
    assert.equal(explorerHealth({ ...UNKNOWN_RELAY, ...more }, NOW_MS).wantsSignIn, true);
  }
});
