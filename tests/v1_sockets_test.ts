import assert from "node:assert/strict";
import { startFault } from "./support/faulty_relay.ts";
import { World } from "./support/outbox_world.ts";
import type { RelayConnection } from "./support/relay_connection.ts";
import { Signer } from "./support/signer.ts";

/** Law V1 does not come at the relays' expense: few sockets, few messages, however long it takes. */

const NOW = 1_700_000_000;
const authors = Array.from({ length: 60 }, (_, i) => new Signer(100 + i));
const alice = authors[0];
const post = alice.sign({ created_at: NOW - 100 });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const MINUTE = 60_000;

/** Settles once so many milliseconds of the world's clock have passed. */
function passed({ clock }: World, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

Deno.test("V1 an event that one relay takes at once waits for no other", async () => {
  const faulty = (["mute-host", "silent", "stalled", "ok-never"] as const)
    .map((name) => startFault(name));
  await using world = new World({ living: 1, faulty });
  const urls = [...faulty, ...world.living].map(({ url }) => url);
  await world.outbox.store.event(alice.relayList({ both: urls }));
  const startedAt = world.clock.now();
  await world.event(post);
  assert.equal(world.clock.now(), startedAt);
});

/** Ends every subscription, in the relay's way. */
type End = (connection: RelayConnection) => void;

const ends: Record<string, End> = {
  "hangs up after each answer": (connection) => void connection.close(),
  "closes each subscription after its answer": (connection) => {
    for (const id of connection.subscriptions.keys()) {
      connection.send(["CLOSED", id, "error: no live subscriptions here"]);
    }
    connection.subscriptions.clear();
  },
};
for (const [what, end] of Object.entries(ends)) {
  Deno.test(`V1 a relay that ${what} is not asked again all the time`, async () => {
    await using world = new World({ living: 1 });
    const [relay] = world.living;
    relay.seed([post]);
    relay.options.intercept = ([verb], connection) => {
      // By then the answer is out.
      if (verb === "REQ") queueMicrotask(() => end(connection));
      return false;
    };
    await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
    await using live = world.req(FILTERS);
    assert.equal(await live.end(), "EOSE");
    await passed(world, 10 * MINUTE);
    assert.ok(relay.stats.reqs >= 3, `${relay.stats.reqs} REQs`);
    assert.ok(relay.stats.reqs <= 60, `${relay.stats.reqs} REQs`);
    assert.deepEqual(live.events.map(({ id }) => id), [post.id]);
  });
}

Deno.test("V1 relays that cannot be reached are tried now and then, while a request goes on", async () => {
  const faulty = (["refused", "http-502", "mute-host"] as const).map((name) => startFault(name));
  await using world = new World({ living: 1, faulty });
  const urls = [...faulty, ...world.living].map(({ url }) => url);
  await world.outbox.store.event(alice.relayList({ both: urls }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");
  await passed(world, 20 * MINUTE);
  const tries = world.opened.length - 1;
  assert.ok(tries >= 3 * 2, `${tries} tries`);
  assert.ok(tries <= 3 * 20, `${tries} tries`);
});
