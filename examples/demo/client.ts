/**
 * What the demo's clients have in common, whichever relays they choose.
 *
 * @module
 */

import type { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";

/** A client: a pool, and what it must find out before it can ask well. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  readonly pool: NPool<NRelay1>;
  /** Learns where these people are. */
  learn(pubkeys: readonly string[]): Promise<void>;
}

/** How long nothing must have come before a client believes that nothing will. */
const QUIET_MS = 1_500;

/**
 * Everything the relays answer, each event once.
 *
 * `pool.query()` would give up one second after the first EOSE, or, told to wait
 * for all, would wait for ever: a dead relay never says EOSE, and `NPool` does not
 * notice. This waits until all have said EOSE, or nothing has come for a while. A
 * real app wants each relay bounded by itself; the library does not yet do that.
 *
 * @param onEvent Called whenever something arrives.
 */
export async function collect(
  pool: NPool<NRelay1>,
  filters: NostrFilter[],
  onEvent: () => void = () => {},
): Promise<NostrEvent[]> {
  const quiet = new AbortController();
  const events = new Map<string, NostrEvent>();
  let timer = setTimeout(() => quiet.abort(), 3 * QUIET_MS);
  try {
    for await (const message of pool.req(filters, { signal: quiet.signal })) {
      if (message[0] !== "EVENT") break;
      events.set(message[2].id, message[2]);
      onEvent();
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), QUIET_MS);
    }
  } catch (error) {
    if (!quiet.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return [...events.values()];
}

/** A subscription that is past its stored events. */
export interface Subscription {
  /** The next event that comes in. */
  next(): Promise<NostrEvent>;
  /** Ends it. */
  stop(): void;
}

/** Subscribes, and resolves once every relay has said EOSE, so that no new event is missed. */
export async function follow(pool: NPool<NRelay1>, filters: NostrFilter[]): Promise<Subscription> {
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
