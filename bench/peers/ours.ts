/**
 * This library: the whole plan, and the selection alone.
 *
 * `planReq` goes from a filter to filters per relay: it checks and sorts the
 * pubkeys, chooses relays, deals the authors, cuts the filters and lists what has
 * no route. `selectRelays` is given a map that already holds one array per author,
 * and stops at the relays of each author.
 *
 * @module
 */

import { planReq } from "../../src/plan_req.ts";
import { selectRelays } from "../../src/select_relays.ts";
import { type Planner, push } from "./planner.ts";

/** From filters to filters per relay. */
export const ourPlan: Planner = {
  name: "planReq",
  prepare({ filter, lists, maxRelays, relaysPerAuthor }) {
    const filters = [filter];
    const options = { maxRelays, relaysPerAuthor };
    const run = () => planReq(filters, lists, options);
    return {
      run,
      asked() {
        const asked = new Map<string, string[]>();
        for (const [url, narrowed] of run().routes) {
          asked.set(url, narrowed.flatMap(({ authors = [] }) => authors));
        }
        return asked;
      },
    };
  },
};

/** From lists to relays per author. */
export const ourSelection: Planner = {
  name: "selectRelays",
  prepare({ filter, lists, maxRelays, relaysPerAuthor }) {
    const relaysByAuthor = new Map(
      filter.authors.map((author) => [author, lists.get(author)?.write ?? []]),
    );
    const options = { maxRelays, relaysPerAuthor };
    const run = () => selectRelays(relaysByAuthor, options);
    return {
      run,
      asked() {
        const asked = new Map<string, string[]>();
        for (const [author, urls] of run()) {
          for (const url of urls) push(asked, url, author);
        }
        return asked;
      },
    };
  },
};
