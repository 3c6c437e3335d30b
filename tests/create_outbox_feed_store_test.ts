import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import { openSqlite } from "../src/db/sqlite.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { settled, START } from "../testing/test_clock.ts";
import { EventStore } from "./support/feed_world.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1);
const HOME = "wss://home.example/";
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const own = [0, 60, 120].map((ago) => alice.sign({ kind: 1, created_at: START - ago }));

/** An outbox in which Alice writes to one relay, which holds these events. */
async function start(events: readonly NostrEvent[], options: OutboxOptions = {}) {
  const network = new ScriptedNetwork(holding(events));
  const world = scriptedOutbox(network, options);
  await world.outbox.store.event(alice.relayList({ both: [HOME] }));
  /** How many milliseconds a promise takes; it fails if that is more than a minute. */
  const took = async (promise: Promise<unknown>): Promise<number> => {
    const before = network.clock.now();
    let isOver = false;
    void Promise.allSettled([promise]).then(() => isOver = true);
    for (let i = 0; i < 600 && !isOver; i++) {
      await settled();
      if (!isOver) await network.clock.advance(100);
    }
    assert.ok(isOver, "It never ends");
    return network.clock.now() - before;
  };
  return { ...world, took };
}

Deno.test("Outbox feed() waits for its store no longer than storeTimeout", async () => {
  for (const storeTimeout of [300, 1_200]) {
    const { outbox, took, errors } = await start(own, { storeTimeout });
    const store = new EventStore();
    store.query = () => new Promise(() => {});
    const feed = outbox.feed(FILTERS, { store });
    const page = feed.next();
    const ms = await took(page);
    assert.ok(storeTimeout <= ms && ms < storeTimeout + 500, `${ms}`);
    assert.equal((await page).value?.events.length, 3);
    assert.equal(errors.length, 1);
    await took(outbox.close());
  }
});

Deno.test("NIP-09: Outbox feed() hands out no post that its store knows to be deleted: not in a page, late or live", async () => {
  const gone = own[1];
  for (const isSlow of [false, true]) {
    await using store = await openSqlite(":memory:");
    const keep = store.event.bind(store);
    const { outbox, took, network, errors } = await start(own);
    if (isSlow) {
      store.event = async (event) => {
        await new Promise<void>((resolve) => void network.clock.after(200, resolve));
        await keep(event);
      };
    }
    const first = outbox.feed(FILTERS, { store });
    await took(first.next());
    await took(first.close());
    await keep(alice.sign({ kind: 5, created_at: START, tags: [["e", gone.id]] }));
    for (const [fresh, isLive] of [[true, false], [false, false], [false, true]]) {
      const feed = outbox.feed(FILTERS, { store, fresh });
      const seen: NostrEvent[] = [];
      const live = async () => {
        for await (const event of feed.live()) seen.push(event);
      };
      const living = isLive ? live() : undefined;
      const pages = async () => {
        for await (const page of feed) seen.push(...page.events, ...page.late);
      };
      if (isLive) {
        const page = feed.next();
        await took(page);
        seen.push(...(await page).value!.events);
        await network.clock.advance(5_000);
        await settled();
      } else await took(pages());
      assert.deepEqual(seen.map(({ id }) => id), [own[0].id, own[2].id]);
      await took(feed.close());
      await living;
    }
    assert.deepEqual(errors, []);
    await took(outbox.close());
  }
});
