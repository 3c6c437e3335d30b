import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { withHints } from "../src/hints/with_hints.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { settled } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const [alice, bob, carol, dave] = [1, 2, 3, 4].map((seed) => new Signer(seed));
const [HUB, A_OUT, B_OUT] = ["hub", "a-out", "b-out"].map((name) => `wss://${name}.example/`);
const A_IN = ["a-in1", "a-in2", "a-in3"].map((name) => `wss://${name}.example/`);
const B_IN = ["wss://b-in.example/"];

const root = alice.sign({ content: "root" });
const replyTo = (by: Signer, parent: NostrEvent, content: string) =>
  by.sign({ content, tags: [["e", root.id, "", "root"], ["e", parent.id, "", "reply"]] });
/** Each is at one inbox of the author to whom it replies, and nowhere else. */
const first = replyTo(bob, root, "first");
const second = replyTo(carol, root, "second");
const nested = dave.sign({ content: "nested", tags: [["e", first.id, "", "reply"]] });
const lists = [
  alice.relayList({ write: [A_OUT], read: A_IN }),
  bob.relayList({ write: [B_OUT], read: B_IN }),
];

/** An outbox among relays that hold these events; only `HUB` is a fallback relay. */
function start(held: Record<string, NostrEvent[]>, options = {}) {
  const network = new ScriptedNetwork();
  for (const [url, events] of Object.entries(held)) network.scripts.set(url, holding(events));
  network.scripts.get("")!.onReq = (req) => req.eose();
  return scriptedOutbox(network, { fallbackRelays: [HUB], stragglerTimeout: 0, ...options });
}

/** The thread's own relays: nobody's write relays have a reply. */
const THREAD: Record<string, NostrEvent[]> = {
  [A_OUT]: [root],
  [A_IN[0]]: [first],
  [A_IN[2]]: [second],
  [B_IN[0]]: [nested],
};

const contents = (events: readonly NostrEvent[]) => events.map(({ content }) => content).sort();
const urlsAsked = (network: ScriptedNetwork, isMeant: (filter: NostrFilter) => boolean) =>
  [
    ...new Set(
      network.relays.filter(({ reqs }) => reqs.some(({ filters }) => filters.some(isMeant)))
        .map(({ url }) => url),
    ),
  ].sort();

/** Queries, and lets time pass until the answer is there. */
async function query(
  { pool, network }: ReturnType<typeof start>,
  filters: NostrFilter[],
): Promise<NostrEvent[]> {
  let events: NostrEvent[] | undefined;
  void pool.query(filters).then((found) => events = found);
  for (let i = 0; i < 400 && !events; i++) await network.clock.advance(100);
  return events ?? assert.fail("no answer");
}

Deno.test("NIP-10: Outbox finds a whole thread in two requests where repliers deliver to inboxes alone", async () => {
  const world = start({ ...THREAD, [HUB]: lists });
  const { outbox, network } = world;
  for (const list of lists) await outbox.store.event(list);
  outbox.hint(`id:${root.id}`, [A_OUT]);

  const top = await query(world, [{ ids: [root.id] }, { kinds: [1], "#e": [root.id] }]);
  assert.deepEqual(contents(top), ["first", "root", "second"]);
  const replies = top.filter(({ id }) => id !== root.id).map(({ id }) => id);
  assert.deepEqual(contents(await query(world, [{ kinds: [1], "#e": replies }])), ["nested"]);

  const opened = new Set(network.relays.map(({ url }) => url));
  assert.ok(opened.size <= 12, [...opened].join());
  await outbox.close();
});

Deno.test("NIP-10: Outbox looks a post up whose author is unknown, and finds the replies in the author's inboxes", async () => {
  const world = start({ ...THREAD, [HUB]: [root] });
  for (const list of lists) await world.outbox.store.event(list);
  const found = await query(world, [{ kinds: [1], "#e": [root.id] }]);
  assert.deepEqual(contents(found), ["first", "second"]);
  // Who wrote it is known from now on.
  await query(world, [{ kinds: [7], "#e": [root.id] }]);
  assert.equal(urlsAsked(world.network, ({ ids }) => ids !== undefined).length, 1);
  await world.outbox.close();
});

Deno.test("Outbox asks the fallback relays for a thread whose author nobody knows, within discoveryTimeout", async () => {
  const network = new ScriptedNetwork();
  network.scripts.set(HUB, {
    onReq(req) {
      // It never says whether it has the post.
      if (req.filters.every(({ ids }) => !ids)) req.send(first).eose();
    },
  });
  const world = scriptedOutbox(network, { fallbackRelays: [HUB], discoveryTimeout: 1_000 });
  let events: NostrEvent[] | undefined;
  void world.pool.query([{ kinds: [1], "#e": [root.id] }]).then((found) => events = found);
  await network.clock.advance(999);
  assert.equal(events, undefined);
  await network.clock.advance(5_000);
  assert.deepEqual(contents(events!), ["first"]);
  await world.outbox.close();
});

Deno.test("NIP-18: Outbox asks where a quoted post passed by for its quotes, besides its author's inboxes", async () => {
  const quote = carol.sign({ content: "quote", tags: [["q", root.id]] });
  const seen = "wss://seen.example/";
  const world = start({ [A_OUT]: [root], [seen]: [root, quote] });
  const { outbox, network } = world;
  for (const list of [alice.relayList({ write: [A_OUT, seen], read: A_IN })]) {
    await outbox.store.event(list);
  }
  await query(world, [{ kinds: [1], authors: [alice.pubkey] }]);
  assert.deepEqual(contents(await query(world, [{ "#q": [root.id] }])), ["quote"]);
  const asked = urlsAsked(network, (filter) => filter["#q"] !== undefined);
  assert.deepEqual(asked, [HUB, A_OUT, seen, ...A_IN].sort());
  await outbox.close();
});

Deno.test("Outbox waits for a slow inbox of a thread, though the fallback relay and another inbox have answered", async () => {
  const world = start({ ...THREAD, [HUB]: [root] });
  const { outbox, network, pool } = world;
  for (const list of lists) await outbox.store.event(list);
  const slow: (() => void)[] = [];
  network.scripts.set(A_IN[2], { onReq: (req) => void slow.push(() => req.send(second).eose()) });
  let events: NostrEvent[] | undefined;
  void pool.query([{ kinds: [1], "#e": [root.id] }]).then((found) => events = found);
  await network.clock.advance(2_900);
  assert.equal(
    events,
    undefined,
    "two relays have answered, and one had a reply",
  );
  for (const answer of slow) answer();
  await network.clock.advance(200);
  assert.deepEqual(contents(events!), ["first", "second"]);
  await outbox.close();
});

Deno.test("Outbox keeps an open request for a thread up with the list of the post's author", async () => {
  const world = start({ ...THREAD, [HUB]: [root] }, { discoveryTimeout: 100 });
  const { outbox, network, pool } = world;
  const controller = new AbortController();
  const events: NostrEvent[] = [];
  const reading = (async () => {
    for await (const [verb, , event] of pool.req([{ "#e": [root.id] }], controller)) {
      if (verb === "EVENT") events.push(event as NostrEvent);
    }
  })();
  await network.clock.advance(5_000);
  assert.deepEqual(events, []);
  await outbox.store.event(lists[0]);
  await settled();
  await network.clock.advance(5_000);
  assert.deepEqual(contents(events), ["first", "second"]);
  controller.abort();
  await assert.rejects(reading);
  await outbox.close();
});

Deno.test("Outbox explain() says that replies are requested from inboxes", async () => {
  const { outbox } = start({});
  for (const list of lists) await outbox.store.event(list);
  await outbox.store.event(root);
  const explanation = await outbox.explain([{ "#e": [root.id] }]);
  assert.match(`${explanation}`, /replies to 1 event requested from inboxes of the author/);
  assert.deepEqual(explanation.plan.subjects.map(({ role, reason }) => [role, reason]), [
    ["thread", "list"],
  ]);
  await outbox.close();
});

Deno.test("NIP-10: Outbox takes the author of a thread's post from hints of the request, and looks no post up", async () => {
  const world = start(THREAD);
  for (const list of lists) await world.outbox.store.event(list);
  const filter = withHints({ kinds: [1], "#e": [root.id] }, [
    { subject: `id:${root.id}`, author: alice.pubkey, source: "tag" },
  ]);
  assert.deepEqual(contents(await query(world, [filter])), ["first", "second"]);
  assert.deepEqual(urlsAsked(world.network, ({ ids }) => ids !== undefined), []);
  await world.outbox.close();
});

Deno.test("Outbox believes a relay's verified answer about who wrote a post, and not what a stranger's tag says", async () => {
  const lie = carol.sign({ tags: [["e", root.id, "", "root", bob.pubkey]] });
  const world = start({ ...THREAD, [HUB]: [lie] });
  for (const list of lists) await world.outbox.store.event(list);
  await query(world, [{ kinds: [1], authors: [alice.pubkey, carol.pubkey] }]);
  const found = await query(world, [{ kinds: [1], "#e": [root.id] }]);
  assert.ok(["first", "second"].every((content) => contents(found).includes(content)));
  await world.outbox.close();
});

Deno.test("Outbox asks an author's next inboxes for a thread in place of those that are lost, one for each", async () => {
  const inboxes = ["1", "2", "3", "4", "5", "6"].map((i) => `wss://in${i}.example/`);
  const world = start({ [inboxes[2]]: [first], [inboxes[4]]: [second] });
  const { outbox, network } = world;
  await outbox.store.event(alice.relayList({ write: [A_OUT], read: inboxes }));
  for (const lost of [0, 1, 3]) {
    network.scripts.set(inboxes[lost], { connect: "refuse" });
  }
  const isThread = (filter: NostrFilter) => filter["#e"] !== undefined;
  const author = { subject: `id:${root.id}`, author: alice.pubkey, source: "tag" } as const;
  const found = await query(world, [withHints({ kinds: [1], "#e": [root.id] }, [author])]);
  assert.deepEqual(contents(found), ["first", "second"]);
  // The first three, of which one works; the fourth, which does not; the fifth and the sixth.
  const asked = network.relays.filter(({ reqs }) =>
    reqs.some(({ filters }) => filters.some(isThread))
  );
  assert.deepEqual(asked.map(({ url }) => url).sort(), [HUB, inboxes[2], inboxes[4], inboxes[5]]);
  await outbox.close();
});

Deno.test("Outbox asks a user's next inbox for what mentions them in place of one that is lost", async () => {
  const inboxes = ["1", "2", "3", "4", "5", "6", "7"].map((i) => `wss://in${i}.example/`);
  const mention = (content: string) => bob.sign({ content, tags: [["p", alice.pubkey]] });
  const held = inboxes.map((url) => [url, [mention(url)]]);
  const world = start(Object.fromEntries(held));
  const { outbox, network } = world;
  await outbox.store.event(alice.relayList({ write: [A_OUT], read: inboxes }));
  const filters = [{ kinds: [1], "#p": [alice.pubkey] }];
  const whole = contents(await query(world, filters));
  assert.ok(whole.length < inboxes.length);
  for (const relay of network.relays) relay.cut();
  network.scripts.set(whole[0], { connect: "refuse" });
  const next = contents(await query(world, filters));
  assert.equal(next.length, whole.length);
  assert.equal(next.includes(whole[0]), false);
  await outbox.close();
});
