import assert from "node:assert/strict";
import { createRandom } from "../../testing/random.ts";
import { Signer } from "../../testing/signer.ts";
import { type LiveRequest, World } from "../support/outbox_world.ts";
import { MINUTE_MS, SECOND_MS } from "../support/relay_records.ts";

/** Law W2 over real sockets: one outage is one failure, however many requests were open. */

const alice = new Signer(1);
const bob = new Signer(2);
const NOW = 1_700_000_000;
const FEEDS = 30;
/** How often another relay is asked: its answers show that the network is there. */
const WITNESS_INTERVAL_MS = 50;

/** Settles once so many milliseconds of the world's clock have passed. */
function passed({ clock }: World, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

Deno.test("W2: 30 open feeds go on within seconds after a relay was down for three, which is one failure", async () => {
  await using world = new World({ living: 2, options: { random: createRandom(1) } });
  const [relay, other] = world.living;
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  await world.outbox.store.event(bob.relayList({ both: [other.url] }));
  other.seed([bob.sign({ created_at: NOW })]);
  const feeds: LiveRequest[] = [];
  await using feedsToEnd = new AsyncDisposableStack();
  for (let i = 0; i < FEEDS; i++) {
    const feed = world.req([{ kinds: [1], authors: [alice.pubkey], "#t": [`${i}`] }]);
    feeds.push(feedsToEnd.use(feed));
  }
  for (const feed of feeds) assert.equal(await feed.end(), "EOSE");
  await passed(world, MINUTE_MS);

  await relay.down();
  const downAt = world.clock.now();
  while (world.clock.now() < downAt + 3 * SECOND_MS) {
    await passed(world, WITNESS_INTERVAL_MS);
    await world.query([{ kinds: [1], authors: [bob.pubkey] }]);
  }
  const report = (await world.outbox.relays()).find(({ url }) => url === relay.url)!;
  assert.deepEqual([report.failuresInARow, report.failures], [1, {
    disconnected: 1,
    unreachable: 1,
  }]);
  assert.ok(report.retryIn <= 1.5 * SECOND_MS, `${report.retryIn}`);

  relay.up();
  const upAt = world.clock.now();
  const posts = feeds.map((_, i) => alice.sign({ tags: [["t", `${i}`]], created_at: NOW }));
  for (const post of posts) relay.publish(post);
  await Promise.all(feeds.map((feed, i) => feed.event(posts[i].id)));
  const seconds = (world.clock.now() - upAt) / SECOND_MS;
  assert.ok(seconds <= 5, `${seconds} s`);
  assert.deepEqual(world.errors, []);
});
