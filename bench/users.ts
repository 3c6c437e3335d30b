/**
 * How many users does one process serve?
 *
 * A server shares one outbox: 200 users ask at once for the posts of a day, each of 500 follows
 * among the same 3,000 authors. Relays are on sockets of this machine, in a process of their own,
 * once with the latencies of the network and once without any. `cold`: an empty database, no
 * connection. `warm`: the same again. `steady`: for two minutes five users a second, each another
 * one. A lone user with the same database says what there is to find. The plain `NPool` verifies in
 * WebAssembly.
 *
 * The environment may say `BENCH_USERS`, `BENCH_STEADY_S`, `BENCH_NETWORK` (0: without latencies, 1:
 * with them) and `BENCH_PLAIN=0`.
 *
 * @module
 */

import process from "node:process";
import { NPool, NRelay1 } from "@nostrify/nostrify";
import { openSqlite } from "../src/db/sqlite.ts";
import { createOutbox, type Outbox } from "../src/mod.ts";
import { createRandom, shuffled } from "../testing/random.ts";
import type { ColdWorld } from "./cold_world.ts";
import { LoopLag } from "./loop_lag.ts";
import { RelayProcess } from "./relay_process.ts";
import { count, median, percent, print, progress, prose, table } from "./report.ts";
import { loadWasm, verify } from "./wasm_signatures.ts";

const WORLD = { name: "cold", follows: 3_000, relays: 60, days: 1, seed: 3 } as const;
const USERS = Number(Deno.env.get("BENCH_USERS") ?? 200), FOLLOWS = 500;
const STEADY_PER_SECOND = 5;
const STEADY_S = Number(Deno.env.get("BENCH_STEADY_S") ?? 120);
/** No request takes longer. */
const MAX_REQUEST_MS = 120_000;

/** What one user got. */
interface Answer {
  readonly seconds: number;
  readonly ids: ReadonlySet<string>;
}

/** What a run came to. */
interface Run {
  readonly answers: readonly Answer[];
  readonly maxLagMs: number;
  /** The most that the main thread used a core in one turn of the event loop. */
  readonly maxTurnMs: number;
  readonly connections: number;
  readonly moved: number;
  readonly memoryMb: number;
  /** Time of the processor that this process took, in seconds. */
  readonly cpuS: number;
}

async function ask(pool: NPool, about: ColdWorld, authors: readonly string[]): Promise<Answer> {
  const begun = performance.now();
  const ids = new Set<string>();
  const filter = { kinds: [1], authors: [...authors], since: about.since };
  const signal = AbortSignal.timeout(MAX_REQUEST_MS);
  try {
    for await (const [verb, , event] of pool.req([filter], { signal })) {
      if (verb === "EVENT") ids.add(event.id);
      if (verb === "EOSE") break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { seconds: (performance.now() - begun) / 1000, ids };
}

function outboxOf(about: ColdWorld, store: Awaited<ReturnType<typeof openSqlite>>): Outbox {
  const known = new Set([...about.relays, ...about.indexers]);
  return createOutbox({
    store,
    indexerRelays: [...about.indexers],
    fallbackRelays: about.relays.slice(0, 2),
    // Lists hold junk, some of which names addresses of this machine.
    policy: { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) },
    onError: ({ message }) => progress(message),
  });
}

/** Measures what some users get who ask as `asking` says. */
async function measured(
  network: RelayProcess<ColdWorld>,
  asking: () => Promise<readonly Answer[]>,
): Promise<Run> {
  await network.traffic();
  using lag = new LoopLag();
  const cpu = process.cpuUsage();
  const answers = await asking();
  const { user, system } = process.cpuUsage(cpu);
  const { relays } = await network.traffic();
  const posts = new Set(answers.flatMap(({ ids }) => [...ids]));
  return {
    answers,
    maxLagMs: lag.maxMs,
    maxTurnMs: lag.maxTurnMs,
    connections: relays.connections / network.about.relays.length,
    moved: relays.events / posts.size,
    memoryMb: Deno.memoryUsage().rss / 2 ** 20,
    cpuS: (user + system) / 1e6,
  };
}

/** Relays that take no time show what the program takes; the others what users wait for. */
const NETWORKS = [
  { name: "relays that answer at once", isPrompt: true },
  { name: "relays as slow as in the network", isPrompt: false },
];

/** Runs all, and prints the results. */
export async function benchUsers(): Promise<void> {
  await loadWasm();
  print("## Many users of one process");
  print(prose(
    `${count(USERS)} users of one outbox, each with ${count(FOLLOWS)} follows of ` +
      `${count(WORLD.follows)} authors: the posts of a day over ${WORLD.relays} relays on ` +
      "loopback, in a process of their own. Seconds until EOSE. `of a lone user`: the median and " +
      "the least share of what the same user finds alone, for eight of them. `moved`: events that " +
      "relays sent for each different post. `connections`: a relay. `CPU`: of this process. " +
      "`lag`: how late its event loop was at most. `own turn`: the most that it used a core in one " +
      "turn of the event loop, which other programs do not add to.",
  ));
  const only = Deno.env.get("BENCH_NETWORK");
  for (const [i, { name, isPrompt }] of NETWORKS.entries()) {
    if (only !== undefined && only !== `${i}`) continue;
    await benchNetwork(name, isPrompt);
  }
}

async function benchNetwork(name: string, isPrompt: boolean): Promise<void> {
  progress(`many users, ${name}: starting relays`);
  await using network = await RelayProcess.start({ ...WORLD, isPrompt });
  const { about } = network;
  const random = createRandom(7);
  const users = Array.from(
    { length: USERS },
    () => shuffled(random, about.pubkeys).slice(0, FOLLOWS),
  );
  const some = users.filter((_, i) => i % Math.ceil(users.length / 8) === 0);
  await using db = await openSqlite(":memory:");
  const rows: string[][] = [];
  const lone = new Map<readonly string[], number>();
  const add = (name: string, run: Run, asked: readonly (readonly string[])[]) => {
    const seconds = run.answers.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
    const shares = run.answers.flatMap(({ ids }, i) => {
      const most = lone.get(asked[i]);
      return most === undefined ? [] : [ids.size / most];
    });
    rows.push([
      name,
      `${median(seconds).toFixed(1)} s`,
      `${seconds[Math.floor(0.95 * seconds.length)].toFixed(1)} s`,
      percent(median(shares)),
      percent(Math.min(...shares)),
      run.moved.toFixed(1),
      run.connections.toFixed(1),
      `${run.cpuS.toFixed(1)} s`,
      `${Math.round(run.maxLagMs)} ms`,
      `${Math.round(run.maxTurnMs)} ms`,
      `${Math.round(run.memoryMb)} MB`,
    ]);
    progress(rows.at(-1)!.join(" | "));
  };
  const all = (pool: NPool) => () => Promise.all(users.map((user) => ask(pool, about, user)));
  {
    await using outbox = outboxOf(about, db);
    await using pool = new NPool(outbox);
    const cold = await measured(network, all(pool));
    // What there is to find, by users that are alone, once all lists are known.
    const alone = await measured(network, async () => {
      const answers: Answer[] = [];
      for (const user of some) {
        await using outbox = outboxOf(about, db);
        await using pool = new NPool(outbox);
        answers.push(await ask(pool, about, user));
        lone.set(user, answers.at(-1)!.ids.size);
      }
      return answers;
    });
    add("a lone user, lists known", alone, some);
    add(`${count(USERS)} users at once, cold`, cold, users);
    add(`${count(USERS)} users at once, warm`, await measured(network, all(pool)), users);
    add(
      "one after the other, warm",
      await measured(network, async () => {
        const answers: Answer[] = [];
        for (const user of some) answers.push(await ask(pool, about, user));
        return answers;
      }),
      some,
    );
    const steady = Array.from({ length: STEADY_PER_SECOND * STEADY_S }, (_, i) => users[i % USERS]);
    add(
      `${STEADY_PER_SECOND} users a second, ${STEADY_S} s`,
      await measured(network, () =>
        Promise.all(steady.map(async (user, i) => {
          await new Promise((resolve) => setTimeout(resolve, i * 1000 / STEADY_PER_SECOND));
          return await ask(pool, about, user);
        }))),
      steady,
    );
  }
  if (Deno.env.get("BENCH_PLAIN") !== "0") {
    await using outbox = outboxOf(about, db);
    const { reqRouter, eventRouter } = outbox;
    const open = (url: string) => new NRelay1(url, { verifyEvent: verify });
    await using pool = new NPool({ open, reqRouter, eventRouter });
    add("plain NPool with our routers, at once", await measured(network, all(pool)), users);
  }
  print(`${name[0].toUpperCase()}${name.slice(1)}; ${about.dead} are dead:`);
  const head = [
    "",
    "p50",
    "p95",
    "of a lone user",
    "least",
    "moved",
    "connections",
    "CPU",
    "lag",
    "own turn",
    "memory",
  ];
  print(table(head, rows));
}

if (import.meta.main) {
  await benchUsers();
  Deno.exit(0);
}
