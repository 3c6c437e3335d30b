/**
 * An outbox for many small requests at once: people with lists, their profiles, and open requests.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import { ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { quiet, START } from "../../testing/test_clock.ts";
import { scriptedOutbox } from "./scripted_outbox.ts";

/** People whose relay lists the outbox has. */
export const people: readonly Signer[] = Array.from({ length: 6 }, (_, i) => new Signer(50 + i));
/** Relays. */
export const HOME = "wss://home.example/",
  OTHER = "wss://other.example/",
  HUB = "wss://hub.example/";
/** Their profiles, in this order. */
export const profiles: readonly NostrEvent[] = people.map((one) =>
  one.sign({ kind: 0, created_at: START - 9, content: one.pubkey })
);
/** The filter for a profile, as apps write it. */
export const profileOf = ({ pubkey }: Signer): NostrFilter => ({
  kinds: [0],
  authors: [pubkey],
  limit: 1,
});
/** The filter for somebody's posts. */
export const postsOf = ({ pubkey }: Signer): NostrFilter => ({ kinds: [1], authors: [pubkey] });

/** An outbox in which the first one's list names one relay, and those of all others another. */
export async function start(scripts: Record<string, Script>, options: OutboxOptions = {}) {
  const network = new ScriptedNetwork({ connect: "fail" });
  for (const [url, script] of Object.entries(scripts)) network.scripts.set(url, script);
  const world = scriptedOutbox(network, options);
  const { outbox, pool } = world;
  for (const [i, one] of people.entries()) {
    await outbox.store.event(one.relayList({ both: [i === 0 ? HOME : OTHER] }));
  }
  /** The REQs that a relay got. */
  const reqs = (url: string) =>
    network.relays.filter((relay) => relay.url === url).flatMap(({ reqs }) => reqs);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      await quiet();
      await network.clock.advance(Math.min(left, 1_000));
    }
    await quiet();
  };
  /** A request that is open: its events, whether its stored events are over, and its end. */
  const open = (filter: NostrFilter) => {
    const controller = new AbortController();
    const events: NostrEvent[] = [];
    const live = { events, eoses: 0, close: () => controller.abort(), error: undefined as unknown };
    const read = async () => {
      for await (const [verb, , event] of pool.req([filter], { signal: controller.signal })) {
        if (verb === "EVENT") events.push(event);
        if (verb === "EOSE") live.eoses++;
      }
    };
    void read().catch((error) => controller.signal.aborted || (live.error = error));
    return live;
  };
  return { ...world, network, reqs, pass, open };
}
