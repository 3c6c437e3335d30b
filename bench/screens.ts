/**
 * Six screens of an app on simulated networks, by the library and in the ways of others. As a
 * program it takes sizes, seeds, screens and clients:
 *
 * ```sh
 * deno run -A --lock=bench/deno.lock bench/screens.ts --follows=283 --seeds=1,2,3 \
 *   --screens=thread --clients=careful --limit=200 --single=0 --outbox='{"relaysPerAuthor":3}'
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { OutboxOptions } from "../src/mod.ts";
import { APPLESAUCE } from "./peers/applesauce_screens.ts";
import { JUMBLE } from "./peers/jumble_screens.ts";
import { NDK } from "./peers/ndk_screens.ts";
import { WELSHMAN } from "./peers/welshman_screens.ts";
import type { WorldOptions } from "../testing/world/world.ts";
import { count, print, progress, prose } from "./report.ts";
import type { ScreenClient } from "./screens_client.ts";
import { ours } from "./screens_ours.ts";
import type { PeopleShares } from "./screens_people.ts";
import { careful, careless, type PlainOptions } from "./screens_plain.ts";
import { type ScreenOutcomes, screenTable } from "./screens_report.ts";
import { runScreens, SCREENS } from "./screens_run.ts";
import { createScreenWorld } from "./screens_world.ts";

/** A size of networks, and their seeds. */
type Networks = readonly (readonly [follows: number, seeds: readonly number[]])[];

/** Networks of the report. */
const NETWORKS: Networks = [
  [283, [2001, 2002, 2003, 2004, 2005]],
  [943, [2001, 2002, 2003]],
];

/** Every client. */
function clients(options: PlainOptions & { readonly patience?: number } = {}): ScreenClient[] {
  return [
    ours(options.outbox, options.patience),
    careless(options),
    careful(options),
    APPLESAUCE,
    NDK,
    WELSHMAN,
    JUMBLE,
  ];
}

/** Prints the report. */
export async function benchScreens(): Promise<void> {
  print("## Six screens");
  print(prose(
    "Six screens of an app on the simulated networks, with what people write to each other added: " +
      "replies, reactions, reposts, quotes (NIP-18) and profiles, half of it by people whom the " +
      "user does not follow. One in five with a list has one relay in it; of the others a third " +
      "read on other relays than they write to. Seven in ten deliver to the inboxes of those whom " +
      "they mention; the rest write to their own relays only. An indexer has nine profiles " +
      "in ten, a big relay half of those of people who do not list it; one copy in ten is old, and " +
      "so are those that a relay's write losses left behind. Relay lists are known. Each screen " +
      "has an app of its own, which has just started and read four pages of the feed; the user " +
      "looks at each page and each thread for three seconds. " +
      "`deno run -A --lock=bench/deno.lock bench/screens.ts` prints this section alone; the same " +
      "seeds give the same figures.",
  ));
  print(prose(
    "Clients: `createOutbox` with its feed. A plain `NPool` with our routers, which requests a " +
      "page with a `limit` and goes on below the oldest event received (careless), or cuts each " +
      "page to its newest events and goes on below these (careful). The ways of others (relay " +
      "choice, paging, waiting) are rebuilt after their sources; their apps have four big relays " +
      "and two indexers in their settings. Of each way, the file in `bench/peers/` says more.",
  ));
  print(prose(
    "`found %`: share found of what living relays hold: of a feed, those that were asked for " +
      "their authors, in the time that was scrolled past; of a profile, the author's relays; of a " +
      "thread, the author's inboxes, the relays that have the post, and two fallback relays; of " +
      "notifications, the newest hundred on the user's inboxes and the fallbacks; of a quoted " +
      "event, its author's relays, the hint, and the fallbacks; of people, the newest version on " +
      "their relays, indexers and fallbacks. `of all %`: share found of what any living relay " +
      "holds; `held %`: share of that on the relays which `found %` counts. `whole %`: threads of " +
      "which nothing is missing that any living relay holds; `at most %`: those that the relays of " +
      "`found %` hold whole. `moved`: events received for each different one; a day later for each " +
      "new one that was shown. `REQs`, `relays` (connected or sent a REQ) and `opened` " +
      "(connections): of the whole feed; else a mean for each profile, thread, page of ten quotes, " +
      "or 300 people at once. Relay lists are not counted. `first s`: until the first page, or the " +
      "median of the times until an event. `90 % s`: what nine in ten later pages took at most; " +
      "elsewhere until nine tenths of what was found were there. Medians over the networks.",
  ));
  for (const [follows, seeds] of NETWORKS) {
    await report(clients(), { networks: [[follows, seeds]], screens: SCREENS });
  }
}

/** What is reported on. */
interface Report {
  readonly networks: Networks;
  readonly screens: readonly string[];
  readonly pages?: number;
  /** How the worlds are drawn. */
  readonly world?: Partial<WorldOptions> & PeopleShares;
}

/** Runs clients on networks, and prints a table for each screen. */
async function report(
  all: readonly ScreenClient[],
  { networks, screens: names, pages, world: options }: Report,
): Promise<void> {
  const outcomes: ScreenOutcomes = new Map(all.map(({ name }) => [name, new Map()]));
  for (const [follows, seeds] of networks) {
    for (const seed of seeds) {
      const world = createScreenWorld({ ...options, follows, seed });
      for (const client of all) {
        const start = performance.now();
        for (const [name, outcome] of await runScreens(client, world, { seed, names, pages })) {
          const own = outcomes.get(client.name)!;
          own.set(name, [...own.get(name) ?? [], outcome]);
        }
        const took = count(Math.round(performance.now() - start));
        progress(`${follows} follows, seed ${seed}, ${client.name}: ${took} ms`);
      }
    }
  }
  const sizes = networks.map(([follows, seeds]) =>
    `${seeds.length} networks of ${follows} follows`
  );
  for (const name of names) {
    print(`### ${name[0].toUpperCase()}${name.slice(1)}: ${sizes.join(", ")}`);
    print(screenTable(outcomes, name));
  }
}

/** A run by arguments; without any, the report. */
async function main(): Promise<void> {
  if (Deno.args.length === 0) return await benchScreens();
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      follows: { ...text, default: "283" },
      seeds: { ...text, default: "1,2,3" },
      screens: { ...text, default: SCREENS.join(",") },
      clients: text,
      limit: text,
      patience: text,
      pages: text,
      outbox: { ...text, default: "{}" },
      days: text,
      single: text,
      apart: text,
      delivers: text,
    },
  });
  const number = (value?: string) => value === undefined ? undefined : Number(value);
  const outbox: OutboxOptions = JSON.parse(values.outbox);
  const { limit, patience, pages, days, single, apart, delivers } = values;
  const wanted = values.clients?.split(",");
  const some = clients({ outbox, limit: number(limit), patience: number(patience) })
    .filter(({ name }) => !wanted || wanted.some((part) => name.includes(part)));
  const seeds = values.seeds.split(",").map(Number);
  await report(some, {
    networks: values.follows.split(",").map((follows) => [Number(follows), seeds]),
    screens: values.screens.split(","),
    pages: number(pages),
    world: {
      days: number(days),
      single: number(single),
      apart: number(apart),
      delivers: number(delivers),
    },
  });
}

if (import.meta.main) await main();
