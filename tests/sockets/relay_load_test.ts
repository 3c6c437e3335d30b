import assert from "node:assert/strict";
import type { RelayConnection } from "../../testing/client_connection.ts";
import { startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 is no burden on relays: few sockets and few messages, however long a request takes. */

const NOW = 1_700_000_000;
const authors = Array.from({ length: 60 }, (_, i) => new Signer(100 + i));
const alice = authors[0];
const post = alice.sign({ created_at: NOW - 100 });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const MINUTE_MS = 60_000;

/** Settles once so many milliseconds of the world's clock have passed. */
function passed({ clock }: World, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

Deno.test("V1: Outbox opens at most maxConnecting sockets at a time, and every relay has its turn", async () => {
  const faulty = Array.from({ length: 6 }, () => startFault("mute-host"));
  let most = 0;
  await using world: World = new World({
    living: 4,
    faulty,
    options: { maxConnecting: 3, relaysPerAuthor: 7 },
    open(url, options) {
      const relay = world.socket(url, options);
      const connecting = world.opened.filter(({ readyState }) =>
        readyState === WebSocket.CONNECTING
      );
      most = Math.max(most, connecting.length);
      return relay;
    },
  });
  // Everybody names the mute hosts, so they are the most valuable and have the first turn.
  const urls = faulty.map(({ url }) => url);
  const people = authors.slice(0, 12);
  for (const [i, author] of people.entries()) {
    const good = world.living[i % 4];
    good.seed([author.sign({ created_at: NOW - 100 })]);
    await world.outbox.store.event(author.relayList({ both: [...urls, good.url] }));
  }
  await using live = world.req([{ kinds: [1], authors: people.map(({ pubkey }) => pubkey) }]);
  assert.equal(await live.end(), "EOSE");
  assert.equal(live.events.length, 12);
  assert.equal(most, 3);
});

Deno.test("V1: pool.event() settles once one relay took the event, and waits for no other", async () => {
  const faulty = (["mute-host", "silent", "stalled", "ok-never"] as const)
    .map((name) => startFault(name));
  await using world = new World({ living: 1, faulty });
  const urls = [...faulty, ...world.living].map(({ url }) => url);
  await world.outbox.store.event(alice.relayList({ both: urls }));
  const startedAt = world.clock.now();
  await world.event(post);
  assert.equal(world.clock.now(), startedAt);
});

Deno.test("V1: many live requests to one relay are all answered, and all go on", async () => {
  await using world = new World({ living: 1 });
  const [relay] = world.living;
  const posts = authors.map((author) => author.sign({ created_at: NOW - 100 }));
  relay.seed(posts);
  for (const author of authors) {
    await world.outbox.store.event(author.relayList({ both: [relay.url] }));
  }
  const requests = authors.map(({ pubkey }) => world.req([{ kinds: [1], authors: [pubkey] }]));
  const ends = await Promise.all(requests.map((request) => request.end()));
  assert.deepEqual(new Set(ends), new Set(["EOSE"]));
  const answers = requests.map(({ events }) => events.map(({ id }) => id));
  assert.deepEqual(answers, posts.map(({ id }) => [id]));

  for (const n of [0, 30, 59]) {
    const news = authors[n].sign({ content: "live", created_at: NOW });
    relay.publish(news);
    await requests[n].event(news.id);
  }
  for (const request of requests) await request[Symbol.asyncDispose]();
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
  Deno.test(`V1: Outbox asks a relay that ${what} again only now and then`, async () => {
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
    await passed(world, 10 * MINUTE_MS);
    assert.ok(relay.stats.reqs >= 3, `${relay.stats.reqs} REQs`);
    assert.ok(relay.stats.reqs <= 60, `${relay.stats.reqs} REQs`);
    assert.deepEqual(live.events.map(({ id }) => id), [post.id]);
  });
}

Deno.test("V1: Outbox tries relays that cannot be reached now and then, while a request goes on", async () => {
  const faulty = (["refused", "http-502", "mute-host"] as const).map((name) => startFault(name));
  await using world = new World({ living: 1, faulty });
  const urls = [...faulty, ...world.living].map(({ url }) => url);
  await world.outbox.store.event(alice.relayList({ both: urls }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");
  await passed(world, 20 * MINUTE_MS);
  const tries = world.opened.length - 1;
  assert.ok(tries >= 3 * 2, `${tries} tries`);
  assert.ok(tries <= 3 * 20, `${tries} tries`);
});
