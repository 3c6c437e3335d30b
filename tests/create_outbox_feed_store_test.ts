import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
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
