/**
 * The interface of the demo's clients, and what they share.
 *
 * @module
 */

import type { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";

/** A client: a pool, and a way to learn where people are. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  readonly pool: NPool;
  /** Finds out where these people are. */
  learn(pubkeys: readonly string[]): Promise<void>;
  /** All events that its relays have, each once; `onEvent` is called as they arrive. */
  read(filters: NostrFilter[], onEvent?: () => void): Promise<NostrEvent[]>;
  /** The number of relays that it has used so far. */
  asked(): Promise<number>;
}

/** A subscription that has got all stored events. */
export interface Subscription {
  /** The next event. */
  next(): Promise<NostrEvent>;
  /** Ends it. */
  stop(): void;
}

/** Subscribes, and resolves once every relay has sent EOSE, so that no new event is missed. */
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
