/**
 * Six screens of an app on simulated networks, by the library and in the ways of others. As a
 * program it takes sizes, seeds, screens and clients:
 *
 * ```sh
 * deno run -A bench/screens.ts --follows=283 --seeds=1,2,3 --screens=thread \
 *   --clients=careful --limit=200 --single=0 --outbox='{"relaysPerAuthor":3}'
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
    "Simulated networks, as above, on which people reply, react, repost and quote. One in five " +
      "lists one relay only, a third of the others read on other relays than they write to, and " +
      "seven in ten deliver to the inboxes of those whom they mention. Relay lists are known. " +
      "Each screen is opened by an app that has just started and read four pages of the feed.",
  ));
  for (const [follows, seeds] of NETWORKS) {
    await report(clients(), [[follows, seeds]], SCREENS, {});
  }
}

/** Runs clients on networks, and prints a table for each screen. */
async function report(
  all: readonly ScreenClient[],
  networks: Networks,
  screens: readonly string[],
  options: Partial<WorldOptions> & PeopleShares,
): Promise<void> {
  const outcomes: ScreenOutcomes = new Map(all.map(({ name }) => [name, new Map()]));
  for (const [follows, seeds] of networks) {
    for (const seed of seeds) {
      const world = createScreenWorld({ ...options, follows, seed });
      for (const client of all) {
        const start = performance.now();
        for (const [screen, outcome] of await runScreens(client, world, seed, screens)) {
          const own = outcomes.get(client.name)!;
          own.set(screen, [...own.get(screen) ?? [], outcome]);
        }
        const took = count(Math.round(performance.now() - start));
        progress(`${follows} follows, seed ${seed}, ${client.name}: ${took} ms`);
      }
    }
  }
  const sizes = networks.map(([follows, seeds]) => `${seeds.length} of ${follows} follows`);
  for (const screen of screens) {
    print(`### ${screen[0].toUpperCase()}${screen.slice(1)}: ${sizes.join(", ")}`);
    print(screenTable(outcomes, screen));
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
      outbox: { ...text, default: "{}" },
      days: text,
      single: text,
      apart: text,
      delivers: text,
    },
  });
  const number = (value?: string) => value === undefined ? undefined : Number(value);
  const outbox: OutboxOptions = JSON.parse(values.outbox);
  const { limit, patience, days, single, apart, delivers } = values;
  const wanted = values.clients?.split(",");
  const some = clients({ outbox, limit: number(limit), patience: number(patience) })
    .filter(({ name }) => !wanted || wanted.some((part) => name.includes(part)));
  const seeds = values.seeds.split(",").map(Number);
  await report(
    some,
    values.follows.split(",").map((follows) => [Number(follows), seeds]),
    values.screens.split(","),
    {
      days: number(days),
      single: number(single),
      apart: number(apart),
      delivers: number(delivers),
    },
  );
}

if (import.meta.main) await main();
