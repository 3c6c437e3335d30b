import assert from "node:assert/strict";
import { outboxSettings } from "../src/outbox_settings.ts";
import { planSettings } from "../src/plan/plan_options.ts";
import { UserPolicy } from "../src/user_policy.ts";
import { settled } from "../testing/test_clock.ts";
import { A, alice, B, bob, C, relaysOf } from "./support/people_parts.ts";

/** A policy, and the store that it follows. */
function start(user?: string) {
  const settings = outboxSettings({ user, indexerRelays: [] });
  return { policy: new UserPolicy(settings), store: settings.store };
}

Deno.test("UserPolicy allows a relay by the app's policy unless the user blocks it, but a group's host even then", async () => {
  const { policy, store } = start(alice.pubkey);
  let changes = 0;
  policy.onChange(() => changes++);
  assert.deepEqual(policy.check("wss://A.example"), { url: A });
  assert.deepEqual(policy.check("ws://127.0.0.1"), { reason: "local" });
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(A, B) }));
  await store.event(alice.sign({ kind: 10009, tags: [["group", "cats", B]] }));
  await policy.lists!.ready();
  await settled();
  assert.ok(changes > 0);
  assert.deepEqual(policy.check(A), { reason: "blocked" });
  assert.deepEqual(policy.check(A, "group"), { reason: "blocked" });
  assert.deepEqual(policy.check(B), { reason: "blocked" });
  assert.deepEqual(policy.check(B, "group"), { url: B });
  assert.deepEqual([A, B, C].map((url) => policy.isBlocked(url)), [true, false, false]);
});

Deno.test("UserPolicy adapts settings to the user's own lists, and leaves them as they are without a user", async () => {
  const plan = planSettings({ searchRelays: [C] });
  const nobody = start();
  assert.equal(nobody.policy.adapt(plan), plan);
  assert.equal(nobody.policy.isBlocked(A), false);
  assert.equal(nobody.policy.lists, undefined);

  const { policy, store } = start(alice.pubkey);
  assert.deepEqual(policy.adapt(plan).searchRelays, [C]);
  await store.event(alice.sign({ kind: 10007, tags: relaysOf(A) }));
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(B) }));
  await policy.lists!.ready();
  const { searchRelays, check, maxRelays } = policy.adapt(plan);
  assert.deepEqual([searchRelays, maxRelays], [[A], 20]);
  assert.deepEqual(check(B), { reason: "blocked" });
});

Deno.test("UserPolicy adds the user's own indexers (kind 10086) to those of the app, unless it has none", async () => {
  const { policy, store } = start(alice.pubkey);
  const urls = [..."abcdef"].map((letter) => `wss://${letter}.example/`);
  await store.event(alice.sign({ kind: 10086, tags: relaysOf(...urls) }));
  await store.event(alice.sign({ kind: 10089, tags: relaysOf(A, B) }));
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(B) }));
  await policy.lists!.ready();
  assert.deepEqual(policy.indexers, [A, C, urls[3]], "the first four, less what is blocked");
  assert.deepEqual(policy.trusted, [A]);
  const adapted = (...indexerRelays: string[]) =>
    policy.adapt(planSettings({ indexerRelays })).indexerRelays;
  assert.deepEqual(adapted(C, "wss://i.example"), [C, "wss://i.example/", A, urls[3]]);
  assert.deepEqual(adapted(), []);
  assert.deepEqual(start().policy.indexers, []);
  assert.deepEqual(start().policy.trusted, []);
});

Deno.test("UserPolicy close() ends following the user's lists, and keeps what was read", async () => {
  const { policy, store } = start(alice.pubkey);
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(A) }));
  await policy.lists!.ready();
  policy.close();
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(B), created_at: 1_700_000_001 }));
  await settled();
  assert.deepEqual([A, B].map((url) => policy.isBlocked(url)), [true, false]);
});

Deno.test("UserPolicy use() follows another user, notifies listeners, and follows the last one no longer", async () => {
  const { policy, store } = start(alice.pubkey);
  await store.event(alice.sign({ kind: 10006, tags: relaysOf(A) }));
  await store.event(bob.sign({ kind: 10006, tags: relaysOf(B) }));
  await policy.lists!.ready();
  let changes = 0;
  policy.onChange(() => changes++);
  policy.use({ user: bob.pubkey });
  assert.equal(changes, 1);
  await policy.lists!.ready();
  assert.deepEqual([changes, policy.isBlocked(A), policy.isBlocked(B)], [2, false, true]);
  assert.equal(policy.user?.pubkey, bob.pubkey);
  const late = alice.sign({ kind: 10006, tags: relaysOf(C), created_at: 1_700_000_001 });
  await store.event(late);
  await settled();
  assert.equal(changes, 2);
  policy.use({});
  assert.deepEqual([changes, policy.isBlocked(B), policy.lists], [3, false, undefined]);
});

Deno.test("UserPolicy use() with another signer blocks what was blocked until it answers", async () => {
  const { policy, store } = start(alice.pubkey);
  const content = JSON.stringify(relaysOf(A));
  await store.event(alice.sign({ kind: 10006, content }));
  const signer = { nip44: { decrypt: () => Promise.resolve(content) } };
  policy.use({ user: alice.pubkey, signer });
  await policy.lists!.ready();
  assert.ok(policy.isBlocked(A));
  const answer = Promise.withResolvers<string>();
  policy.use({ user: alice.pubkey, signer: { nip44: { decrypt: () => answer.promise } } });
  await settled();
  assert.ok(policy.isBlocked(A));
  answer.resolve("[]");
  await policy.lists!.ready();
  assert.ok(!policy.isBlocked(A));
  policy.close();
});
