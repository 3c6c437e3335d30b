/**
 * Alice's outbox among relays that may want a sign-in (NIP-42).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { Signer } from "../../testing/signer.ts";
import { quiet, START } from "../../testing/test_clock.ts";
import { scriptedOutbox } from "./scripted_outbox.ts";
import { countingSigner, type Wall, walled } from "./walled_relays.ts";

export const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
export const HOME = "wss://home.example/", DMS = "wss://dms.example/", BOBS = "wss://bob.example/";
export const wrap = carol.sign({ kind: 1059, tags: [["p", alice.pubkey]], created_at: START - 9 });
export const post = bob.sign({ content: "hello", created_at: START - 5 });
export const wrapsOfAlice: NostrFilter[] = [{ kinds: [1059], "#p": [alice.pubkey] }];
export const postsOf = (
  ...people: Signer[]
) => [{ kinds: [1], authors: people.map((p) => p.pubkey) }];
export const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);
export const isPrivate = (filters: readonly NostrFilter[]) =>
  filters.some(({ kinds }) => kinds?.[0] === 1059);

/** Alice's outbox; her wraps are at DMS, her list names HOME, Bob's BOBS. */
export async function signInWorld(
  walls: Record<string, Wall>,
  options: OutboxOptions = {},
  lists: NostrEvent[] = [],
) {
  const network = new ScriptedNetwork(holding([]));
  for (const [url, wall] of Object.entries(walls)) network.scripts.set(url, walled(wall));
  const counted = countingSigner(alice);
  const world = scriptedOutbox(network, { user: alice.pubkey, signer: counted.signer, ...options });
  const all = [
    alice.relayList({ both: [HOME] }),
    alice.sign({ kind: 10050, tags: relays(DMS) }),
    bob.relayList({ both: [BOBS] }, { created_at: START - 100 }),
    ...lists,
  ];
  for (const list of all) await world.outbox.store.event(list);
  /** Runs while time passes; then what came. */
  const inTime = async <T>(work: Promise<T>, ms = 40_000): Promise<T> => {
    const settling = work.then(() => true, () => true);
    for (let passed = 0; passed < ms; passed += 100) {
      await network.clock.advance(100);
      const isOver = await Promise.race([settling, quietly()]);
      if (isOver) break;
    }
    return await work;
  };
  const ids = async (filters: NostrFilter[]) =>
    (await inTime(world.pool.query(filters))).map(({ id }) => id);
  /** The pubkeys that signed in on each connection to a relay. */
  const names = (url: string) =>
    network.relays.filter((relay) => relay.url === url)
      .map(({ auths }) => [...new Set(auths.map(({ pubkey }) => pubkey))]);
  return { ...world, ...counted, inTime, ids, names };
}

const quietly = async () => {
  await quiet();
  return false;
};
