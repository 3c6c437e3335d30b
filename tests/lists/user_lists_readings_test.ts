import assert from "node:assert/strict";
import { settled } from "../../testing/test_clock.ts";
import { RELAYS } from "../support/arbitraries.ts";
import { NOW } from "../support/list_store.ts";
import { openSigner, ownList, sealed, setUp } from "../support/user_lists.ts";

const [A, B, C] = RELAYS;
const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);

Deno.test("NIP-01: UserLists use the newest of the stored version and one that arrives while it is read", async () => {
  for (const [stored, arrived] of [[0, -1], [0, 1], [-1, 0]]) {
    const { signer } = openSigner();
    const version = (time: number) => {
      const [entry, own] = time === Math.max(stored, arrived) ? [B, C] : [A, A];
      return ownList(10007, relays(entry), { ...sealed(relays(own)), created_at: NOW + time });
    };
    const { lists, source, clock } = setUp([version(stored)], { signer });
    const { promise, resolve } = Promise.withResolvers<void>();
    source.held = promise;
    const ready = lists.ready();
    source.put(version(arrived));
    await settled();
    resolve();
    await ready;
    assert.deepEqual(lists.search, [B, C], `${stored} ${arrived}`);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("UserLists take nothing from a reading that began before a deletion, also of a list that arrives meanwhile", async () => {
  const { lists, source } = setUp([ownList(10007, relays(A), { created_at: NOW + 1 })]);
  const { promise, resolve } = Promise.withResolvers<void>();
  source.held = promise;
  const ready = lists.ready();
  source.held = undefined;
  source.delete(10007);
  source.put(ownList(10007, relays(B)));
  await settled();
  resolve();
  await ready;
  await lists.ready();
  assert.deepEqual(lists.search, [B]);
});

Deno.test("UserLists close() ends the wait for the signer at once, and reports nothing later", async () => {
  const signer = { nip44: { decrypt: () => new Promise<string>(() => {}) } };
  const stored = ownList(10007, relays(A), sealed(relays(B)));
  for (const events of [[stored], []]) {
    const { lists, source, clock, errors } = setUp(events, { signer });
    if (events.length === 0) {
      await lists.ready();
      source.put(stored);
    }
    const ready = lists.ready();
    await settled();
    assert.ok(clock.pending > 0);
    lists.close();
    await ready;
    assert.equal(clock.pending, 0);
    assert.deepEqual([lists.search, errors], [[A], []]);
  }
  const { lists, source, clock, errors } = setUp([stored], { signer });
  const { promise, resolve } = Promise.withResolvers<void>();
  source.held = promise;
  const ready = lists.ready();
  lists.close();
  resolve();
  await ready;
  assert.equal(clock.pending, 0, "nor does it begin after close()");
  assert.deepEqual(errors, []);
});

Deno.test("UserLists drop what the last signer says once there is another, or another version", async () => {
  const stored = ownList(10007, relays(A), sealed(relays(B)));
  for (const change of ["signer", "version", "deletion"]) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = { nip44: { decrypt: () => promise } };
    const { lists, source, clock } = setUp([stored], { signer: slow });
    void lists.ready();
    await settled();
    assert.deepEqual(lists.search, [A]);
    if (change === "signer") lists.useSigner(openSigner().signer);
    else if (change === "version") source.put(ownList(10007, relays(C), { created_at: NOW + 1 }));
    else source.delete(10007);
    await settled();
    const before = lists.search;
    resolve(JSON.stringify(relays(C)));
    await settled();
    assert.deepEqual(lists.search, before, change);
    assert.equal(clock.pending, 0, "nor is it asked again");
  }
});
