import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RelayConnection } from "../../testing/client_connection.ts";
import { Signer } from "../../testing/signer.ts";
import { type LiveRequest, World } from "../support/outbox_world.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** Law V1 for live subscriptions: they survive restarts without losing or repeating events. */

const alice = new Signer(1);
const bob = new Signer(2);
const NOW = 1_700_000_000;
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
/** Alice's posts of one second each, the last of them at `until`. */
const series = (count: number, until: number, content = "") =>
  Array.from(
    { length: count },
    (_, i) => alice.sign({ content: `${content}${i}`, created_at: until - count + 1 + i }),
  );

/** Asserts that each of these events came once, and no other. */
function assertOnce(live: LiveRequest, events: readonly NostrEvent[]): void {
  assert.deepEqual(live.events.map(({ id }) => id).sort(), events.map(({ id }) => id).sort());
}

Deno.test("V1: a live subscription survives a relay's restart: no event is lost, none comes twice", async () => {
  await using world = new World({ living: 1 });
  const [relay] = world.living;
  const before = series(5, NOW - 200, "old").concat(series(5, NOW - 50, "new"));
  relay.seed(before);
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");

  const all = [...before];
  for (const round of [1, 2, 3]) {
    await relay.down();
    // Some come late: they were written before the newest that is known.
    const missed = series(3, NOW, `missed ${round} `).concat(series(2, NOW - 90, `late ${round} `));
    relay.seed(missed);
    relay.up();
    const after = alice.sign({ content: `after ${round}`, created_at: NOW });
    relay.publish(after);
    all.push(...missed, after);
    for (const { id } of [...missed, after]) await live.event(id);
  }
  assertOnce(live, all);
  assert.deepEqual(world.errors, []);
});

Deno.test("V1: a live subscription survives a cut wire, and a time without any relay", async () => {
  await using world = new World({ living: 2 });
  const [first, second] = world.living;
  await using wire = TcpProxy.start(first.url);
  await using other = TcpProxy.start(second.url);
  const before = series(5, NOW - 10);
  for (const relay of world.living) relay.seed(before);
  await world.outbox.store.event(alice.relayList({ both: [wire.url, other.url] }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");

  for (const each of [wire, other]) each.refusing = true;
  await Promise.all([wire.cut(), other.cut()]);
  const missed = series(5, NOW, "missed");
  for (const event of missed) first.publish(event);
  await world.clock.within(600_000, "ten minutes pass", passed(world, 300_000));
  for (const each of [wire, other]) each.refusing = false;
  for (const { id } of missed) await live.event(id);

  const after = alice.sign({ content: "after", created_at: NOW });
  for (const relay of world.living) relay.publish(after);
  await live.event(after.id);
  assertOnce(live, [...before, ...missed, after]);
  assert.deepEqual(world.errors, []);
});

Deno.test("V1: a live subscription repeats nothing after a restart, though 1,500 events lie within the overlap", async () => {
  await using world = new World({ living: 1 });
  const [relay] = world.living;
  const many = Array.from(
    { length: 1_500 },
    (_, i) => alice.sign({ content: `${i}`, created_at: NOW - 30 + i % 30 }),
  );
  relay.seed(many);
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");
  await relay.down();
  relay.up();
  const after = alice.sign({ content: "after", created_at: NOW });
  relay.seed([after]);
  await live.event(after.id);
  const last = alice.sign({ content: "last", created_at: NOW });
  relay.publish(last);
  await live.event(last.id);
  assertOnce(live, [...many, after, last]);
});

Deno.test("V1: a live subscription repeats nothing of a slow relay, though a fast one sent 1,200 events before", async () => {
  await using world = new World({ living: 2 });
  const [fast, slow] = world.living;
  const many = series(1_200, NOW - 1);
  for (const relay of world.living) relay.seed(many);
  slow.options.latency = () =>
    new Promise((resolve) => void world.clock.after(2_000, () => resolve()));
  const late = alice.sign({ content: "late", created_at: NOW - 5_000 });
  slow.seed([late]);
  await world.outbox.store.event(alice.relayList({ both: [fast.url, slow.url] }));
  await using live = world.req(FILTERS);
  await live.event(late.id);
  assertOnce(live, [...many, late]);
});

Deno.test("V1: a live subscription that a relay closes is opened again", async () => {
  await using world = new World({ living: 1 });
  const [relay] = world.living;
  const connections: RelayConnection[] = [];
  relay.options.onOpen = (connection) => void connections.push(connection);
  const before = series(3, NOW - 10);
  relay.seed(before);
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");

  for (const connection of connections) {
    for (const id of connection.subscriptions.keys()) {
      connection.subscriptions.delete(id);
      connection.send(["CLOSED", id, "error: idle for too long"]);
    }
  }
  const after = alice.sign({ content: "after", created_at: NOW });
  relay.seed([after]);
  await live.event(after.id);
  assertOnce(live, [...before, after]);
});

Deno.test("V1: a live subscription gets a real event though a forged one came first under its id", async () => {
  await using world = new World({ living: 2 });
  const [honest, liar] = world.living;
  const connections: RelayConnection[] = [];
  liar.options.onOpen = (connection) => void connections.push(connection);
  await world.outbox.store.event(alice.relayList({ both: [honest.url, liar.url] }));
  await using live = world.req(FILTERS);
  assert.equal(await live.end(), "EOSE");

  const real = alice.sign({ content: "real", created_at: NOW });
  const stranger = bob.sign({ content: "not asked for", created_at: NOW });
  for (const connection of connections) {
    for (const id of connection.subscriptions.keys()) {
      connection.send(["EVENT", id, { ...real, content: "forged" }]);
      connection.send(["EVENT", id, { ...real, sig: "0".repeat(128) }]);
      connection.send(["EVENT", id, stranger]);
    }
  }
  const seen = alice.sign({ content: "last word of the liar", created_at: NOW });
  liar.publish(seen);
  await live.event(seen.id);
  honest.publish(real);
  await live.event(real.id);
  assertOnce(live, [seen, real]);
  assert.equal(live.events.at(-1)?.content, "real");
});

Deno.test("V1: pool.query() waits for the slow relay that alone holds the events, beside a fast and empty one", async () => {
  await using world = new World({ living: 3 });
  const [fast, slow, others] = world.living;
  const posts = series(3, NOW - 10);
  slow.seed(posts);
  const bobs = bob.sign({ created_at: NOW - 9 });
  others.seed([bobs]);
  slow.options.latency = () =>
    new Promise((resolve) => void world.clock.after(2_500, () => resolve()));
  await world.outbox.store.event(alice.relayList({ both: [fast.url, slow.url] }));
  await world.outbox.store.event(bob.relayList({ both: [others.url, fast.url] }));
  const found = await world.query([{ kinds: [1], authors: [alice.pubkey, bob.pubkey] }]);
  assert.deepEqual(found.map(({ id }) => id), [bobs, ...posts.reverse()].map(({ id }) => id));
});

/** Settles once so many milliseconds of the world's clock have passed. */
function passed({ clock }: World, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
