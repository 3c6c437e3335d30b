/**
 * The least work that any planner could do: it groups authors by relay and chooses nothing.
 *
 * It looks every author up and touches every entry of every list once, which no
 * planner can avoid. It puts no bound on relays or on filters.
 *
 * @module
 */

import type { Planner } from "./planner.ts";

/** Groups authors by relay. */
export const bareLoop: Planner = {
  name: "bare loop",
  prepare({ filter, lists }) {
    const run = () => {
      const map = new Map<string, string[]>();
      for (const author of filter.authors) {
        const list = lists.get(author);
        if (!list) continue;
        for (const url of list.write) {
          const authors = map.get(url);
          if (authors) authors.push(author);
          else map.set(url, [author]);
        }
      }
      return map;
    };
    return { run, asked: run };
  },
};
