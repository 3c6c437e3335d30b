/**
 * The outbox model on a network of real relays, all of them in this process:
 *
 *     deno task demo
 *
 * A population with keys, relay lists and posts is spread over forty relays the
 * way that real ones are. Clients with and without the outbox model read the same
 * feed and send the same replies. A third of the relays stops during a live feed.
 * Then three stories.
 *
 * @module
 */

import { createWorld } from "../../testing/world/world.ts";
import type { Client } from "./client.ts";
import { startClock } from "./demo_clock.ts";
import { legacyClient } from "./legacy.ts";
import { measure, type Result } from "./measure.ts";
import { DemoNetwork } from "./network.ts";
import type { Outage } from "./outage.ts";
import { tellOutage } from "./outage_report.ts";
import { outboxClient } from "./outbox.ts";
import { settle } from "./population.ts";
import { count, Report } from "./report.ts";
import { tellStories } from "./stories.ts";

/** How big the demo is. */
export interface DemoOptions {
  /** How many people the clients follow. @default 300 */
  follows?: number;
  /** How many of them get a reply. @default 100 */
  replies?: number;
  /** Where the lines go. @default console.log */
  print?: (line: string) => void;
}

/** The results of the demo. */
export interface DemoResults {
  /** The results of each client of the comparison. */
  readonly results: readonly Result[];
  /** The results of two clients in an outage. */
  readonly outage: Outage;
}

/**
 * Two fifths of a week of posts and two fifths of the relays' caps: answers are cut
 * as short as in a whole week, and less than half as many signatures are made.
 */
const DAYS = 2.8, CAP_SCALE = 0.4;
/** Authors in a filter: the default of this library's routers. */
const AUTHORS_PER_FILTER = 10;
/** Any other number gives another population. */
const SEED = 1;

/** Runs the whole demo. @throws {Error} If one of the stories does not come true. */
export async function runDemo(options: DemoOptions = {}): Promise<DemoResults> {
  const { follows = 300, replies = 100, print } = options;
  const report = new Report(print);
  const start = performance.now();
  const world = createWorld({ follows, seed: SEED, days: DAYS });

  report.heading("A network, drawn after measurements of the real one");
  await using network = await report.step(
    "start relays on 127.0.0.1",
    () => DemoNetwork.start(world, CAP_SCALE),
  );
  const people = await report.step(
    `sign the relay lists and posts of ${follows} people`,
    () => settle(world, network),
  );
  report.note(`${network.live.length} relays run, ${network.deadCount} more are named and dead.`);
  report.note(`${people.listed.length} of the people have a relay list.`);
  report.note(`${count(people.posts.size)} of their posts are out there, ${DAYS} days' worth.`);
  report.note(
    `Most relays answer a filter with ${500 * CAP_SCALE} events and call that all there is.`,
  );

  report.heading(`Three clients read their feed and send ${replies} replies`);
  const task = { network, people, replies, since: people.now - DAYS * 86_400 };
  const run = async (client: Client, how: string): Promise<Result> => {
    await using running = client;
    return await report.step(`${running.name.padEnd(12)} ${how}`, () => measure(running, task));
  };
  const { hubs, indexer, policy } = network;
  const results = [
    await run(legacyClient("legacy", hubs), "three biggest relays, everyone in one filter"),
    await run(
      legacyClient("legacy, cut", hubs, AUTHORS_PER_FILTER),
      `three biggest relays, ${AUTHORS_PER_FILTER} people in a filter`,
    ),
    await run(
      await outboxClient({
        name: "outbox",
        fallbackRelays: hubs,
        indexer: indexer.url,
        policy,
        clock: startClock(people.now),
      }),
      "everyone's own relays, 20 at most",
    ),
  ];
  report.line();
  report.results(results);
  report.line();
  report.note("This is one draw of a network; docs/benchmarks.md has the means of many.");

  const outage = await tellOutage(report, { network, people, since: task.since });

  report.heading("Three stories");
  await tellStories((line) => report.line(`  ✓ ${line}`));

  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  report.line();
  report.note(`Every event was signed, and verified by whoever received it. Took ${seconds} s.`);
  return { results, outage };
}

if (import.meta.main) await runDemo();
