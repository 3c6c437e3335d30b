/**
 * This library: the whole plan, and the selection alone.
 *
 * `planReq` goes from a filter to filters per relay: it checks and sorts the
 * pubkeys, chooses relays, assigns the authors, cuts the filters and lists what has
 * no route. `selectRelays` is given a map that already holds one array per author,
 * and stops at the relays of each author.
 *
 * @module
 */

import { systemClock } from "../../src/base/clock.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { selectRelays } from "../../src/plan/select_relays.ts";
import { RelayMemory } from "../../src/relays/relay_memory.ts";
import { createRandom } from "../../testing/random.ts";
import { type PlanInput, type Planner, push } from "./planner.ts";

/** From filters to filters per relay. */
export const ourPlan: Planner = planner("planReq", () => undefined);

/** The same with what an outbox remembers of each relay: a third of them failed. */
export const ourWeighedPlan: Planner = planner("planReq, weighed by the memory", (lists) => {
  const memory = new RelayMemory({ clock: systemClock, random: createRandom(1), onError });
  const relays = new Set([...lists.values()].flatMap(({ write }) => write));
  [...relays].forEach((url, i) => {
    memory.connected(url, 650);
    if (i % 3 === 0) memory.failed(url, "flood", systemClock.now());
    else {
      memory.answered(url, 900);
      memory.learned(url, 10, i % 4);
    }
  });
  return (url) => memory.weight(url, false);
});

function onError(error: Error): void {
  throw error;
}

function planner(
  name: string,
  weigh: (lists: PlanInput["lists"]) => ((url: string) => number) | undefined,
): Planner {
  return { name, prepare: (input) => prepared(input, weigh(input.lists)) };
}

function prepared(
  { filter, lists, maxRelays, relaysPerAuthor }: PlanInput,
  weight: ((url: string) => number) | undefined,
): ReturnType<Planner["prepare"]> {
  const filters = [filter];
  const options = { maxRelays, relaysPerAuthor, weight };
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
}

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
