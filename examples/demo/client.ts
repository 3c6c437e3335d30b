/**
 * What the demo's clients have in common, whichever relays they choose.
 *
 * @module
 */

import type { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";

/** A client: a pool, and what it must find out before it can ask well. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  readonly pool: NPool;
  /** Learns where these people are. */
  learn(pubkeys: readonly string[]): Promise<void>;
  /** Everything that its relays have, each event once; `onEvent` is called as they come. */
  read(filters: NostrFilter[], onEvent?: () => void): Promise<NostrEvent[]>;
  /** How many relays it has asked so far. */
  asked(): Promise<number>;
}

/** A subscription that is past its stored events. */
export interface Subscription {
  /** The next event that comes in. */
  next(): Promise<NostrEvent>;
  /** Ends it. */
  stop(): void;
}

/** Subscribes, and resolves once every relay has said EOSE, so that no new event is missed. */
export async function follow(pool: NPool, filters: NostrFilter[]): Promise<Subscription> {
  const controller = new AbortController();
  const req = pool.req(filters, { signal: controller.signal });
  const messages = req[Symbol.asyncIterator]();
  for (;;) {
    const { value } = await messages.next();
    if (value?.[0] === "EOSE") break;
    if (value?.[0] !== "EVENT") throw new Error(`Cannot follow: the relays answer ${value}`);
  }
  return {
    async next() {
      const { value } = await messages.next();
      if (value?.[0] === "EVENT") return value[2];
      throw new Error(`Cannot follow any longer: the relays answer ${value}`);
    },
    stop: () => controller.abort(),
  };
}
