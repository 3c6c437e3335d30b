/**
 * Does what a server holds grow with time?
 *
 * Two programs' lives for a long time, each with its relays in a process of their own, and what is
 * on the heap once a minute, after the collector found nothing more: a user a second who asks for
 * the posts of a day, as in `users.ts`; and one open feed over relays that go away and come back
 * again and again, while people post. It runs as long as `BENCH_SOAK_S` says (1,200 s), and needs
 * the flag `--expose-gc`. `BENCH_SOAK` chooses one of them, `users` or `feed`.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import { LineProcess } from "../testing/line_process.ts";
import { createRandom, shuffled } from "../testing/random.ts";
import { openSqlite } from "../src/db/sqlite.ts";
import { createOutbox } from "../src/mod.ts";
import { RelayProcess } from "./relay_process.ts";
import { count, print, progress, prose, table } from "./report.ts";
import type { SoakRelays } from "./soak_relays.ts";

const SECONDS = Number(Deno.env.get("BENCH_SOAK_S") ?? 1_200);
const LOOK_MS = 60_000;
const FOLLOWS = 500;

/** What was seen once a minute. */
interface Sample {
  readonly minute: number;
  readonly heapMb: number;
  /** Buffers outside of the heap. */
  readonly externalMb: number;
  readonly rssMb: number;
  /** What went on so far. */
  readonly done: string;
}

/** Runs what the environment chooses, and prints a table for each. */
export async function benchSoak(): Promise<void> {
  const only = Deno.env.get("BENCH_SOAK");
  print("## Memory over time");
  print(prose(
    `What is on the heap after a forced collection, once a minute for ${count(SECONDS)} s. ` +
      "Growth: by least squares over the second half.",
  ));
  if (only !== "feed") report("A user a second", await soakUsers());
  if (only !== "users") report("An open feed over relays that come and go", await soakFeed());
}

async function soakUsers(): Promise<Sample[]> {
  await using network = await RelayProcess.start({
    ...{ name: "cold", follows: 3_000, relays: 60, days: 1, seed: 3, isPrompt: true },
  });
  const { about } = network;
  const known = new Set([...about.relays, ...about.indexers]);
  const random = createRandom(7);
  await using store = await openSqlite(":memory:");
  await using outbox = createOutbox({
    store,
    indexerRelays: [...about.indexers],
    fallbackRelays: about.relays.slice(0, 2),
    policy: { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) },
    onError: ({ message }) => progress(message),
  });
  await using pool = new NPool(outbox);
  let answered = 0, events = 0;
  const ask = async () => {
    const authors = shuffled(random, about.pubkeys).slice(0, FOLLOWS);
    const signal = AbortSignal.timeout(120_000);
    try {
      for await (
        const [verb] of pool.req([{ kinds: [1], authors, since: about.since }], { signal })
      ) {
        if (verb === "EVENT") events++;
        if (verb === "EOSE") break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    answered++;
  };
  const open = new Set<Promise<void>>();
  const done = () => `${count(answered)} users, ${count(events)} events`;
  return await sampled(async (until) => {
    while (performance.now() < until) {
      const asking = ask().finally(() => open.delete(asking));
      open.add(asking);
      await later(1_000);
    }
  }, { done, idle: () => Promise.all(open) });
}

async function soakFeed(): Promise<Sample[]> {
  const script = new URL("./soak_relays.ts", import.meta.url).href;
  const relays = new LineProcess(["run", "-A", "--no-check", "--lock=bench/deno.lock", script]);
  const about: SoakRelays = JSON.parse((await relays.lines.next()).value!);
  let errors = 0, events = 0;
  await using store = await openSqlite(":memory:");
  await store.events(about.lists as NostrEvent[]);
  await using outbox = createOutbox({
    store,
    indexerRelays: [],
    fallbackRelays: about.relays.slice(0, 2),
    policy: { allowLocal: true, allowInsecure: true },
    relayInfo: false,
    onError: () => errors++,
  });
  await using pool = new NPool(outbox);
  const filters = [{ kinds: [1], authors: [...about.pubkeys] }];
  const ending = new AbortController();
  const { signal } = ending;
  const since = Math.floor(Date.now() / 1000);
  const reading = (async () => {
    for await (const [verb] of pool.req([{ ...filters[0], since }], { signal })) {
      if (verb === "EVENT") events++;
    }
  })();
  const feed = outbox.feed(filters, { store, signal });
  await feed[Symbol.asyncIterator]().next();
  let live = 0;
  const following = (async () => {
    for await (const _ of feed.live()) live++;
  })();
  try {
    return await sampled(
      (until) => later(until - performance.now()),
      {
        done: () =>
          `${count(events)} events by req(), ${count(live)} by feed.live(), ${
            count(errors)
          } errors`,
      },
    );
  } finally {
    ending.abort();
    await feed.close();
    await Promise.allSettled([reading, following]);
    await relays.endInput();
  }
}

/** What {@link sampled} looks at besides the heap. */
interface Look {
  /** What went on so far. */
  readonly done: () => string;
  /** Resolves once nothing is under way that will end soon. @default at once */
  readonly idle?: () => Promise<unknown>;
}

/** Looks once a minute while something runs. */
async function sampled(
  run: (until: number) => Promise<void>,
  { done, idle }: Look,
): Promise<Sample[]> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot look at the heap: started without --v8-flags=--expose-gc");
  const samples: Sample[] = [];
  const look = async () => {
    await idle?.();
    for (let round = 0; round < 3; round++) gc();
    const { heapUsed, external, rss } = Deno.memoryUsage();
    const mb = (bytes: number) => bytes / 2 ** 20;
    const [heapMb, externalMb, rssMb] = [mb(heapUsed), mb(external), mb(rss)];
    samples.push({ minute: samples.length, heapMb, externalMb, rssMb, done: done() });
    progress(
      `minute ${samples.length - 1}: heap ${heapMb.toFixed(2)} MB, external ` +
        `${externalMb.toFixed(2)} MB, resident ${rssMb.toFixed(0)} MB; ${done()}`,
    );
  };
  await look();
  const timer = setInterval(look, LOOK_MS);
  await run(performance.now() + 1000 * SECONDS);
  clearInterval(timer);
  await idle?.();
  return samples;
}

function report(name: string, samples: readonly Sample[]): void {
  const half = samples.slice(Math.floor(samples.length / 2));
  print(`${name}; growth ${(1024 * slope(half)).toFixed(0)} kB a minute:`);
  print(table(
    ["minute", "heap", "external", "resident", "so far"],
    samples.map(({ minute, heapMb, externalMb, rssMb, done }) => [
      `${minute}`,
      `${heapMb.toFixed(1)} MB`,
      `${externalMb.toFixed(1)} MB`,
      `${rssMb.toFixed(0)} MB`,
      done,
    ]),
  ));
}

/** By how many megabytes the heap grew a minute, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (value: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const [minute, heap] = [mean((sample) => sample.minute), mean((sample) => sample.heapMb)];
  const covariance = mean((sample) => (sample.minute - minute) * (sample.heapMb - heap));
  return covariance / mean((sample) => (sample.minute - minute) ** 2);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  await benchSoak();
  Deno.exit(0);
}
