/**
 * How long does an app take that knows only the people that its user follows?
 *
 * An empty database, 1,000 follows whose lists name 200 relays, on sockets of this
 * machine. Connections and answers take as long as they do on the network (see
 * `testing/world/relays.ts`), relays are dead, cut answers short and refuse as they do there.
 * Three indexers have nine lists in ten each. The client asks its pool for
 * everybody's posts of a week, and the clock runs from there.
 *
 * There are two draws. In the first the three biggest relays live, which favours clients
 * that know no others; in the second one of the three is dead. Clients of the library verify as by
 * default, in workers as soon as many events wait, but for one that has a verifier of its own;
 * that one and the plain pool verify in the main thread, in WebAssembly, which takes about a third
 * of a millisecond a post. Relays run in a process of their own. The environment may say
 * `BENCH_STARTS`.
 *
 * @module
 */

import { COLD, COLD_MAIN, COLD_THREE, PAGED, PLAIN, WARM } from "./cold_clients.ts";
import { type Course, runCold } from "./cold_course.ts";
import type { LoopbackTraffic } from "./loopback_relay.ts";
import { RelayProcess } from "./relay_process.ts";
import { count, median, percent, print, progress, prose, table } from "./report.ts";

const WORLD = { name: "cold", follows: 1_000, relays: 200, days: 7 } as const;
/** Draws of the world, with the clients in each, and how often they start. */
const DRAWS = [
  { seed: 2, clients: [[COLD, 2], [COLD_MAIN, 1], [WARM, 1], [PAGED, 2], [PLAIN, 1]] },
  { seed: 3, clients: [[COLD, 2], [COLD_THREE, 2], [COLD_MAIN, 1], [PAGED, 2], [PLAIN, 1]] },
] as const;

/** How often each client starts at least. */
const STARTS = Number(Deno.env.get("BENCH_STARTS") ?? 1);

/** Runs the clients, and prints their results. */
export async function benchCold(): Promise<void> {
  progress(`cold start: ${count(WORLD.follows)} follows, ${WORLD.relays} relays`);
  print("## Cold start");
  print(prose(
    `${count(WORLD.follows)} follows over ${WORLD.relays} relays on loopback, in a process of ` +
      "their own, and three indexers, with the latencies of the network. The database is empty. Seconds from asking " +
      "the pool for the posts of a week until the first, until 90 % of those that came, and " +
      "until the last; `at EOSE` and `in all`: of all posts that living relays hold. `connections`, `documents` " +
      "(NIP-11), `REQs`, `filters` and bytes are counted by the relays, in brackets by the " +
      "indexers; `moved`: events for each different post. Clients of the library verify in workers, " +
      "as by default, and in the main thread where the name says so, as the plain pool does, with WebAssembly.",
  ));
  for (const { seed, clients } of DRAWS) {
    await using network = await RelayProcess.start({ ...WORLD, seed });
    const { lists, dead, deadHubs, held } = network.about;
    const rows: string[][] = [];
    for (const [client, runs] of clients) {
      progress(client.name);
      const courses: Course[] = [];
      while (courses.length < Math.max(runs, STARTS)) {
        courses.push(await runCold(network, client, () => network.traffic()));
      }
      rows.push([client.name, ...cells(courses, held)]);
    }
    print(prose(
      `${count(lists.length)} people have a list, ${dead} relays are dead, ` +
        `${deadHubs} of the three biggest among them; ${count(held)} posts.` +
        " Medians where a client starts more than once.",
    ));
    print(table(HEAD, rows));
  }
}

const HEAD = [
  "client",
  "first",
  "90 %",
  "last",
  "EOSE",
  "posts",
  "at EOSE",
  "in all",
  "connections",
  "documents",
  "REQs",
  "filters",
  "kB sent",
  "kB received",
  "moved",
];

function cells(courses: readonly Course[], held: number): string[] {
  const middle = (of: (course: Course) => number) => median(courses.map(of));
  const seconds = (of: (course: Course) => number | undefined) => {
    const value = middle((course) => of(course) ?? Infinity);
    return value === Infinity ? "–" : `${value.toFixed(1)} s`;
  };
  const traffic = (of: (traffic: LoopbackTraffic) => number) => {
    const relays = middle((course) => of(course.traffic.relays));
    const indexers = middle((course) => of(course.traffic.indexers));
    return indexers > 0 ? `${count(relays)} (${count(indexers)})` : count(relays);
  };
  const kilobytes = (bytes: number) => Math.round(bytes / 1000);
  const posts = middle(({ posts }) => posts.length);
  return [
    seconds(({ posts }) => posts.at(0)),
    seconds(({ posts }) => posts.at(Math.ceil(0.9 * posts.length) - 1)),
    seconds(({ posts }) => posts.at(-1)),
    seconds(({ eose }) => eose),
    count(posts),
    percent(middle(({ posts, eose = Infinity }) => posts.filter((at) => at <= eose).length) / held),
    percent(posts / held),
    traffic(({ connections }) => connections),
    traffic(({ infos }) => infos),
    traffic(({ reqs }) => reqs),
    traffic(({ filters }) => filters),
    traffic(({ bytesIn }) => kilobytes(bytesIn)),
    traffic(({ bytesOut }) => kilobytes(bytesOut)),
    middle(({ posts, traffic }) => traffic.relays.events / posts.length).toFixed(2),
  ];
}

if (import.meta.main) {
  await benchCold();
  Deno.exit(0);
}
