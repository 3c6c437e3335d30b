/**
 * @welshman/router: `getFilterSelections` with its default rules.
 *
 * Its getters are global. `getPubkeyRelays` is answered from the prepared lists,
 * so it is spared the repository query, and the parsing of each list at each call,
 * that it comes with. There is no user, no default, index or search relay. It cuts
 * the authors into at most 30 chunks and picks relays for each chunk, by a score
 * with dice in it; there is no limit over all chunks, only one per chunk. Each
 * chunk may have its part of the cap, but never fewer than welshman's default of
 * three. A relay is asked for its whole chunk, whoever lists it: only those who do
 * count as reached.
 *
 * @module
 */

import { createRandom } from "../../testing/random.ts";
import { type Planner, push } from "./planner.ts";

/** How many chunks welshman cuts authors into. */
const chunksOf = (authors: number) => Math.min(30, Math.max(1, Math.round(authors / 30)));

/** Loads the package. */
export async function loadWelshman(): Promise<Planner> {
  const { getFilterSelections, Router } = await import(
    "npm:@welshman/router@0.8.15"
  );
  return {
    name: "@welshman/router 0.8.15",
    prepare({ filter, lists, maxRelays }) {
      const limit = Math.max(
        3,
        Math.ceil(maxRelays / chunksOf(filter.authors.length)),
      );
      const filters = [{ ...filter }];
      const run = () => {
        // Set anew each time: the getters are shared by all worlds.
        Router.configure({
          getPubkeyRelays: (pubkey) => lists.get(pubkey)?.write as string[] ?? [],
          getLimit: () => limit,
        });
        return getFilterSelections(filters);
      };
      return {
        run,
        asked() {
          // The same dice each time; how often a sort throws them is up to the engine.
          Math.random = createRandom(1);
          const asked = new Map<string, string[]>();
          for (const { relays, filters } of run()) {
            const authors = filters.flatMap(({ authors = [] }) => authors);
            for (const url of relays) push(asked, url, ...authors);
          }
          return asked;
        },
      };
    },
  };
}
