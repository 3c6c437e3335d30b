/**
 * Who is run on simulated networks: the library, and other ways to choose relays.
 *
 * @module
 */

import type { OutboxOptions } from "../src/mod.ts";
import type { Random } from "../testing/random.ts";
import type { World } from "../testing/world/world.ts";
import { big, cover, everyCopy, type Policy } from "./recall_policies.ts";
import { runClient } from "./sim_client.ts";
import { ndk, type SimClient, welshman, welshmanThompson } from "./sim_policies.ts";
import type { Subject } from "./sim_run.ts";
import { RecordMap, runSession } from "./sim_session.ts";

/**
 * The library.
 *
 * @param outbox Options that differ from the defaults.
 * @param learns `false`: one session will do.
 */
export function library(name: string, outbox: OutboxOptions = {}, learns = true): Subject {
  return {
    name,
    learns,
    start(_world, random) {
      const memory = new RecordMap();
      return (network, since) => runSession(network, { memory, random, since, outbox });
    },
  };
}

/** A plain client, and how it chooses. */
function other(
  name: string,
  create: (random: Random, world: World) => SimClient,
  learns = false,
): Subject {
  return {
    name,
    learns,
    start(world, random) {
      const own = create(random, world);
      return (network, since) => runClient(network, own, since);
    },
  };
}

const plain = (name: string, policy: Policy) => other(name, () => ({ routes: policy }));

const textbook = { maxRelays: 20, relaysPerAuthor: 2 };

/** Other clients. */
export const OTHERS: readonly Subject[] = [
  plain("two big relays", big(2, 10)),
  plain("three big relays", big(3, 10)),
  plain("greedy cover, 50 a filter", cover({ ...textbook, authorsPerFilter: 50 })),
  plain("greedy cover", cover({ ...textbook, authorsPerFilter: 10 })),
  plain("NDK", ndk(10)),
  other("welshman", (random) => ({ routes: welshman({ random, authorsPerFilter: 10 }) })),
  other(
    "welshman + Thompson",
    (random) => welshmanThompson({ random, authorsPerFilter: 10 }),
    true,
  ),
  other("the same, told who is dead", (random, world) => {
    const isDead = (url: string) => world.relayOf.get(url)?.dead ?? true;
    return welshmanThompson({ random, authorsPerFilter: 10, isDead });
  }, true),
  plain("20 most listed, every copy", everyCopy(20, 10)),
];
