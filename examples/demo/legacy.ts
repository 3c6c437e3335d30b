/**
 * A client without the outbox model: the same few relays for everything.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Client } from "./client.ts";

/**
 * Asks these relays for everyone and publishes everything there.
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

/** How long nothing must have come before a client believes that nothing will. */
const QUIET_MS = 1_500;

/**
 * Everything the relays answer, each event once.
 *
 * `pool.query()` would give up one second after the first EOSE, or, told to wait
 * for all, would wait for ever where one relay is dead: it never says EOSE, and a
 * plain `NPool` does not notice. So this waits until all have said EOSE, or nothing
 * has come for a while, which is the best that such a client can do.
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
