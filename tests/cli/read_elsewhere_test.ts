import assert from "node:assert/strict";
import { readElsewhere } from "../../src/cli/read_elsewhere.ts";
import { createOutbox } from "../../src/mod.ts";
import { Signer } from "../../testing/signer.ts";
import "../support/loaded_parts.ts";

Deno.test("readElsewhere() names those who have a list, but no relay on it that can be asked", async () => {
  const [alice, bob, carol, dave] = [1, 2, 3, 4].map((seed) => new Signer(seed));
  await using outbox = createOutbox({
    indexerRelays: [],
    fallbackRelays: ["wss://hub.example"],
    maxRelays: 2,
    weight: (url) => url === "wss://small.example/" ? 0.1 : 1,
  });
  await outbox.store.event(alice.relayList({ write: ["wss://alice.example", "ws://10.0.0.1"] }));
  await outbox.store.event(bob.relayList({ write: ["ws://10.0.0.1"] }));
  await outbox.store.event(dave.relayList({ write: ["wss://small.example"] }));
  // Carol has no list: nobody knows a relay of hers.
  const authors = [alice, bob, carol, dave].map(({ pubkey }) => pubkey);
  const elsewhere = await readElsewhere([{ kinds: [1], authors }], outbox);
  assert.deepEqual(elsewhere, [bob.pubkey, dave.pubkey]);
  assert.deepEqual(await readElsewhere([{ kinds: [1], authors: [alice.pubkey] }], outbox), []);
});
