/**
 * Several processes on one PostgreSQL share users.
 *
 * Each round begins with an empty database, and relays that are in a thread of their own. The
 * users of all processes together are the same 200, and one after the other comes. Numbers of
 * processes take turns in each round. A row with processes for themselves (`shared: false`) shows
 * what they gain by knowing of each other.
 *
 * Run alone: `deno run -A --lock=bench/deno.lock bench/processes.ts [rounds]`.
 *
 * @module
 */

import { startPostgres } from "../testing/postgres_server.ts";
import { createRandom } from "../testing/random.ts";
import { LoopbackNetwork } from "./loopback_network.ts";
import { type ProcessesResult, type ProcessesTask, runProcesses } from "./processes_run.ts";
import { count, median, print, progress, prose, table } from "./report.ts";

const USERS = 200, FOLLOWS = 50, AUTHORS = 1_000, RELAYS = 20, QUERIES = 2, ROUNDS = 3;
const START_INTERVAL_MS = 200;
const SEED = 12;

/** Measures 1, 2 and 4 processes, and prints a table. */
export async function benchProcesses(rounds = ROUNDS): Promise<void> {
  const server = await startPostgres();
  if (typeof server === "string") return progress(`no figures for processes: ${server}`);
  using network = await LoopbackNetwork.start({
    name: "cold",
    follows: AUTHORS,
    relays: RELAYS,
    days: 1,
    seed: SEED,
  });
  const random = createRandom(SEED);
  const { pubkeys } = network.about;
  const users = Array.from({ length: USERS }, (_, i) => {
    const follows = new Set<string>();
    while (follows.size < FOLLOWS) follows.add(pubkeys[Math.floor(random() * pubkeys.length)]);
    return { authors: [...follows], startsAt: i * START_INTERVAL_MS };
  });
  const tasks: ProcessesTask[] = [
    { processes: 1, shared: true, users, queries: QUERIES },
    { processes: 2, shared: true, users, queries: QUERIES },
    { processes: 4, shared: true, users, queries: QUERIES },
    { processes: 4, shared: false, users, queries: QUERIES },
  ];
  const results = tasks.map((): ProcessesResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, task] of tasks.entries()) {
      results[i].push(await runProcesses(server, network, task));
      progress(`processes: ${nameOf(task)}, round ${round + 1} of ${rounds}`);
    }
  }
  print("## Several processes on one PostgreSQL");
  print(prose(
    `${USERS} users, one more each ${START_INTERVAL_MS} ms, ${FOLLOWS} follows each of ${
      count(AUTHORS)
    } authors, ${QUERIES} ` +
      `queries each for a day's posts, ${RELAYS} relays and three indexers; medians of ${rounds} ` +
      "rounds, each with an empty database. Processes, relays and the database share this " +
      "machine's cores, so more processes are not faster here: the table shows what they cost.",
  ));
  print(table(
    [
      "processes",
      "queries / s",
      "median query",
      "events found",
      "write transactions / s",
      "rows written / s",
      "REQs at indexers",
      "lists sent",
    ],
    tasks.map((task, i) => rowOf(nameOf(task), results[i])),
  ));
}

function nameOf({ processes, shared }: ProcessesTask): string {
  return shared ? `${processes}` : `${processes}, each for itself`;
}

function rowOf(name: string, results: readonly ProcessesResult[]): string[] {
  const of = (value: (result: ProcessesResult) => number) => median(results.map(value));
  return [
    name,
    of(({ times, seconds }) => times.length / seconds).toFixed(1),
    `${(of(({ times }) => median(times)) / 1000).toFixed(1)} s`,
    count(Math.round(of(({ events }) => median(events)))),
    of(({ transactions, seconds }) => transactions / seconds).toFixed(1),
    count(Math.round(of(({ rows, seconds }) => rows / seconds))),
    count(of(({ indexers }) => indexers.reqs)),
    count(of(({ indexers }) => indexers.events)),
  ];
}

if (import.meta.main) {
  await benchProcesses(Deno.args.length > 0 ? Number(Deno.args[0]) : undefined);
  Deno.exit(0);
}
