/**
 * Finds the people whose posts could only be read from relays that they do not name.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Outbox } from "../outbox.ts";

/**
 * The pubkeys of those who have a relay list, but no relay on it that would be asked and can answer:
 * it is dead, wants a sign-in, is refused, or has no place among the relays of the request. What
 * fallback relays have of them need not be all.
 *
 * @param filters Each names `authors`.
 */
export async function readElsewhere(
  filters: readonly NostrFilter[],
  { coverage, store }: Pick<Outbox, "coverage" | "store">,
): Promise<string[]> {
  const { people } = await coverage(filters);
  const lists = await store.get(people.map(({ pubkey }) => pubkey));
  return people.filter(({ pubkey, relays }) => {
    const own = lists.get(pubkey)?.write ?? [];
    return own.length > 0 && !relays.some(({ url, reason }) => !reason && own.includes(url));
  }).map(({ pubkey }) => pubkey);
}
