/**
 * applesauce-core: `selectOptimalRelays`, then its own grouping into filters.
 *
 * It takes pointers (a pubkey with its relays), which are made beforehand, so it
 * is spared the look-up of the lists that the others do. It is given both limits,
 * `maxConnections` and `maxRelaysPerUser`; the second has no effect in 6.2.0 (its
 * counter is incremented after use), so authors stay on every chosen relay of
 * theirs, which makes for more second copies than were asked for.
 *
 * @module
 */

import type { Planner } from "./planner.ts";

/** Loads the package. */
export async function loadApplesauce(): Promise<Planner> {
  const { createFilterMap, groupPubkeysByRelay, selectOptimalRelays } = await import(
    "npm:applesauce-core@6.2.0/helpers/relay-selection"
  );
  return {
    name: "applesauce-core 6.2.0",
    prepare({ filter, lists, maxRelays, relaysPerAuthor }) {
      const pointers = filter.authors.map((pubkey) => ({
        pubkey,
        relays: [...lists.get(pubkey)?.write ?? []],
      }));
      const options = {
        maxConnections: maxRelays,
        maxRelaysPerUser: relaysPerAuthor,
      };
      const kinds = { kinds: filter.kinds };
      const run = () =>
        createFilterMap(
          groupPubkeysByRelay(selectOptimalRelays(pointers, options)),
          kinds,
        );
      return {
        run,
        asked: () =>
          new Map(
            Object.entries(run()).map(([url, filters]) => [
              url,
              [filters].flat().flatMap(({ authors = [] }) => authors),
            ]),
          ),
      };
    },
  };
}
