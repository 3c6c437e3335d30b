import assert from "node:assert/strict";
import type { FeedPage } from "../src/mod.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { settled, START } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

/** Whom a page names whose own relays were not read. */

const alice = new Signer(1), bob = new Signer(2);
const HUB = "wss://hub.example/";
const HOMES = ["wss://home.example/", "wss://other.example/"];
const NO_LIST = "";
const EMPTY = holding([]);

/** The first page of people who write to one relay each, or have no list, and the relays that were connected to. */
async function firstPage(
  lists: ReadonlyMap<Signer, string>,
  { kinds = [1], scripts, ...options }: OutboxOptions & {
    readonly kinds?: number[];
    readonly scripts: Record<string, Script>;
  },
): Promise<{ page: FeedPage; asked: Set<string> }> {
  const network = new ScriptedNetwork({ connect: "fail" });
  for (const [url, script] of Object.entries(scripts)) network.scripts.set(url, script);
  const { outbox } = scriptedOutbox(network, { fallbackRelays: [HUB], ...options });
  for (const [who, url] of lists) {
    if (url !== NO_LIST) await outbox.store.event(who.relayList({ both: [url] }));
  }
  const feed = outbox.feed([{ kinds, authors: [...lists.keys()].map(({ pubkey }) => pubkey) }]);
  let page: FeedPage | undefined;
  const reading = feed.next().then(({ value }) => page = value);
  for (let i = 0; i < 100 && !page; i++) {
    await settled();
    await network.clock.advance(100);
  }
  await reading;
  await outbox.close();
  return { page: page!, asked: new Set(network.relays.map(({ url }) => url)) };
}

const named = ({ behind }: FeedPage) =>
  behind.map(({ pubkey, relay = "", reason }) => `${pubkey} ${reason} ${relay}`).sort();
const lists = new Map([[alice, HOMES[0]], [bob, HOMES[1]]]);
const hub = holding([alice, bob].map((one, i) => one.sign({ kind: 1, created_at: START - i })));

Deno.test("Outbox feed() names those of whom only fallback relays were read, whatever these gave", async () => {
  const scripts = { [HUB]: hub, [HOMES[0]]: EMPTY };
  const down = await firstPage(lists, { scripts });
  assert.equal(down.page.events.length, 1, "Alice's own relay has none");
  assert.deepEqual(named(down.page), [`${bob.pubkey} unreachable ${HOMES[1]}`]);
  const policy = { allow: (url: string) => !HOMES.includes(url) };
  const refused = await firstPage(lists, { scripts, policy });
  assert.equal(refused.page.events.length, 2);
  const both = [alice, bob].map(({ pubkey }) => `${pubkey} fallback `).sort();
  assert.deepEqual(named(refused.page), both);
  for (const url of [HOMES[0], HUB, NO_LIST]) {
    const read = await firstPage(new Map([[alice, url]]), { scripts });
    assert.deepEqual(named(read.page), [], url);
  }
});

Deno.test("Outbox feed() names nobody for what indexers have, too", async () => {
  const indexer = "wss://indexer.example/";
  const { page } = await firstPage(lists, {
    kinds: [0, 3],
    scripts: { [HUB]: EMPTY, [indexer]: EMPTY },
    indexerRelays: [indexer],
  });
  assert.deepEqual(named(page), []);
});

Deno.test("Outbox feed() names those whose relays have no place among maxRelays, and no others", async () => {
  const people = Array.from({ length: 6 }, (_, i) => new Signer(i + 10));
  const urls = people.map((_, i) => `wss://own${i}.example/`);
  const { page, asked } = await firstPage(new Map(people.map((one, i) => [one, urls[i]])), {
    scripts: Object.fromEntries([HUB, ...urls].map((url) => [url, EMPTY])),
    maxRelays: 4,
  });
  assert.ok(asked.size === 4 && asked.has(HUB), [...asked].join(" "));
  const left = people.filter((_, i) => !asked.has(urls[i]));
  assert.deepEqual(named(page), left.map(({ pubkey }) => `${pubkey} fallback `).sort());
});
