/**
 * A client without the outbox model: the same few relays for everything.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrFilter } from "@nostrify/types";
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
