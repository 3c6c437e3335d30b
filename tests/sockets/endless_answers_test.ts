import assert from "node:assert/strict";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 with relays that send without end: the outbox hangs up on them, and reports it. */

const NOW = 1_700_000_000;
const alice = new Signer(1);
const posts = [2, 1].map((n) => alice.sign({ created_at: NOW - 100 + n }));
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];

/** What the relay sends, and the reason reported. */
const floods: [FaultName, string][] = [
  ["flood-repeated", "flood"],
  ["flood-forged", "junk"],
  ["flood-foreign", "flood"],
  ["flood-notices", "flood"],
];
for (const [name, reason] of floods) {
  Deno.test(`V1: Outbox hangs up on a relay that sends "${name}", while requests to others go on`, async () => {
    const faulty = startFault(name, { events: posts, count: 500 });
    await using world = new World({ living: 1, faulty: [faulty] });
    const [living] = world.living;
    living.seed(posts);
    await world.outbox.store.event(alice.relayList({ both: [faulty.url, living.url] }));
    await using live = world.req(FILTERS);
    assert.equal(await live.end(), "EOSE");
    const isReported = () => world.failures.some(({ relay }) => relay === faulty.url);
    await eventually("the relay was hung up on", () => faulty.open === 0 && isReported());
    assert.equal(world.failures.find(({ relay }) => relay === faulty.url)?.reason, reason);

    const post = alice.sign({ content: "live", created_at: NOW });
    living.publish(post);
    await live.event(post.id);
    assert.deepEqual(
      live.events.map(({ id }) => id).sort(),
      [...posts, post].map(({ id }) => id).sort(),
    );
  });
}

Deno.test("V1: pool.query() ends at its timeout though a relay drips event after event, and never sends EOSE", async () => {
  const timeout = 12_000;
  await using world = new World({ living: 1, options: { timeout } });
  const [relay] = world.living;
  relay.options.intercept = ([verb, id], to) => {
    if (verb !== "REQ") return false;
    const drip = (n: number) => {
      const event = alice.sign({ content: `${n}`, created_at: NOW - n });
      to.send(["EVENT", id, event]);
      if (to.isOpen) world.clock.after(1_000, () => drip(n + 1));
    };
    drip(0);
    return true;
  };
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  const startedAt = world.clock.now();
  const found = await world.query(FILTERS);
  assert.ok(world.clock.now() - startedAt <= timeout);
  assert.ok(found.length >= 5, `${found.length} events`);
});
