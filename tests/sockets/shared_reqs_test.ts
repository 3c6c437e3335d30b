import assert from "node:assert/strict";
import { startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";

/** Many small requests at once, at relays on sockets. */

const NOW = 1_700_000_000;
const people = Array.from({ length: 60 }, (_, i) => new Signer(300 + i));
const profiles = people.map((one) => one.sign({ kind: 0, created_at: NOW, content: "me" }));

Deno.test("V1: Outbox answers 60 requests at once over as few REQs as one, whatever one relay does", async () => {
  const faulty = [startFault("silent")];
  await using world: World = new World({ living: 3, faulty });
  const reqs = () => world.living.reduce((sum, { stats }) => sum + stats.reqs, 0);
  for (const [i, one] of people.entries()) {
    const { url } = world.living[i % 3];
    world.living[i % 3].seed([profiles[i]]);
    const both = i % 10 === 0 ? [url, faulty[0].url] : [url];
    await world.outbox.store.event(one.relayList({ both }));
  }
  const found = await Promise.all(
    people.map(({ pubkey }) => world.query([{ kinds: [0], authors: [pubkey], limit: 1 }])),
  );
  assert.deepEqual(found.map(([{ id }]) => id), profiles.map(({ id }) => id));
  assert.ok(reqs() <= 6, `${reqs()} REQs`);
  assert.deepEqual(world.errors, []);
});
