/**
 * A client without the outbox model: the same few relays for everything.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Client } from "./client.ts";

/**
 * A client that requests everyone's posts from these relays and publishes everything there.
 *
 * @param authorsPerFilter Most authors in one filter. Most such clients put all
 * of them into one.
 */
export function legacyClient(
  name: string,
  relays: readonly string[],
  authorsPerFilter = Infinity,
): Client {
  const pool = new NPool({
    open: (url) => new NRelay1(url),
    reqRouter: (filters) => {
      const cut = filters.flatMap((filter) => cutAuthors(filter, authorsPerFilter));
      return Promise.resolve(new Map(relays.map((url) => [url, cut])));
    },
    eventRouter: () => Promise.resolve([...relays]),
  });
  return {
    name,
    pool,
    learn: () => Promise.resolve(),
    read: (filters, onEvent) => collect(pool, filters, onEvent),
    asked: () => Promise.resolve(pool.relays.size),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

function cutAuthors(filter: NostrFilter, size: number): NostrFilter[] {
  const { authors } = filter;
  if (!authors || authors.length <= size) return [filter];
  const count = Math.ceil(authors.length / size);
  return Array.from({ length: count }, (_, i) => ({
    ...filter,
    authors: authors.slice(i * size, (i + 1) * size),
  }));
}

/** A client believes that no more events will arrive after this time without one. */
const QUIET_MS = 1_500;

/**
 * All events in the relays' answers, each once.
 *
 * `pool.query()` would stop one second after the first EOSE. If it waited for all, it
 * would wait forever for a dead relay, which never sends EOSE, and a plain `NPool` does
 * not notice. So this waits until all have sent EOSE, or no event has arrived for a
 * while, which is the best that such a client can do.
 */
async function collect(
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
