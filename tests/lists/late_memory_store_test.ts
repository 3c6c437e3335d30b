import assert from "node:assert/strict";
import { LateMemoryStore } from "../../src/lists/late_memory_store.ts";
import { Signer } from "../../testing/signer.ts";

Deno.test("LateMemoryStore keeps what it is given, and has it for who asks in the same turn", async () => {
  const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
  const store = new LateMemoryStore({ max: 2, now: () => 0 });
  const events = [alice, bob].map((one) => one.sign({ kind: 1, created_at: 1 }));
  // In one turn: the order is that of the calls, whether it is loaded or not.
  const [, , found] = await Promise.all([
    ...events.map((event) => store.event(event)),
    store.query([{ authors: [alice.pubkey] }]),
  ]);
  assert.deepEqual(found, [events[0]]);
  await store.remove([{ authors: [alice.pubkey] }]);
  assert.deepEqual(await store.query([{ kinds: [1] }]), [events[1]]);
  assert.deepEqual(await store.count([{ kinds: [1] }]), { count: 1, approximate: false });
});
