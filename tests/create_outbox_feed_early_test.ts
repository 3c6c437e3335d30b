import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { START } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

/** What a feed gives before relay lists are found. */

const alice = new Signer(1);
const HOME = "wss://home.example/", HUB = "wss://hub.example/";
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];

/** Posts, the newest first, a minute apart. */
const posts = (who: Signer, count: number, newest = START) =>
  Array.from(
    { length: count },
    (_, i) => who.sign({ kind: 1, content: `${i}`, created_at: newest - 60 * i }),
  );

const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id);

/** An outbox that finds Alice's list at indexers after some time. */
function startCold(indexerMs: number, scripts: Record<string, Script>, hasHub = true) {
  const network = new ScriptedNetwork({ connect: "fail" });
  for (const [url, script] of Object.entries(scripts)) network.scripts.set(url, script);
  const list = holding([alice.relayList({ both: [HOME] })]);
  const slow: Script = {
    onReq: (req, relay) => void network.clock.after(indexerMs, () => list.onReq!(req, relay)),
  };
  const indexers = ["wss://list0.example/", "wss://list1.example/"];
  for (const url of indexers) network.scripts.set(url, slow);
  return scriptedOutbox(network, {
    indexerRelays: indexers,
    fallbackRelays: hasHub ? [HUB] : [],
    verifyEvent: () => true,
  });
}

Deno.test("Outbox feed() gives its first page before it has found relay lists, names whose are missing, and brings their posts late", async () => {
  const own = posts(alice, 6);
  const { outbox, network } = startCold(2_900, {
    [HUB]: holding(own.slice(0, 2)),
    [HOME]: holding(own),
  });
  const feed = outbox.feed(FILTERS, { pageSize: 3, patience: 500 });
  const first = feed.next();
  await network.clock.advance(600);
  const { value } = await first;
  assert.deepEqual(ids(value!.events), ids(own.slice(0, 2)));
  assert.deepEqual(value!.behind.map(({ pubkey, reason }) => [pubkey, reason]), [
    [alice.pubkey, "late"],
  ]);
  await network.clock.advance(4_000);
  const second = feed.next();
  await network.clock.advance(2_000);
  const page = (await second).value!;
  const all = [...value!.events, ...page.events, ...page.late];
  assert.equal(new Set(ids(all)).size, all.length);
  for (const post of own.slice(2, 5)) assert.ok(ids(all).includes(post.id));
  await outbox.close();
});

Deno.test("Outbox feed() waits within a page's patience for relay lists, and reads what they name for that page", async () => {
  const own = posts(alice, 4);
  const { outbox, network } = startCold(400, {
    [HUB]: holding(own.slice(0, 1)),
    [HOME]: holding(own),
  });
  const feed = outbox.feed(FILTERS, { pageSize: 10 });
  const first = feed.next();
  await network.clock.advance(1_400);
  const { value } = await first;
  assert.deepEqual(ids(value!.events), ids(own));
  assert.deepEqual(value!.behind, []);
  await outbox.close();
  assert.equal(network.clock.pending, 0);
});

Deno.test("Outbox feed() waits for relay lists where nothing can be read without them", async () => {
  const own = posts(alice, 4);
  const { outbox, network } = startCold(2_000, { [HOME]: holding(own) }, false);
  const feed = outbox.feed(FILTERS, { pageSize: 10, patience: 100 });
  let isOver = false;
  const first = feed.next().finally(() => isOver = true);
  await network.clock.advance(1_900);
  assert.equal(isOver, false);
  await network.clock.advance(600);
  assert.deepEqual(ids((await first).value!.events), ids(own));
  await outbox.close();
});
