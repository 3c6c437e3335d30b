/**
 * How a synthetic world compares with the published figures.
 *
 * @module
 */

import type { World } from "../testing/world/types.ts";
import { createWorld } from "../testing/world/world.ts";
import { print, table } from "./report.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const WEEK_S = 7 * 86_400;

/** A figure's name, what was published, and how to read it off a world. */
type Row = readonly [string, string, (world: World) => number];

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** The value below which a share `q` lies. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

const percent = (share: number) => 100 * share;

function sizes(world: World): number[] {
  return [...world.lists.values()].map((list) => list.write.length);
}

/** Share of the listed on ranks `from` to `to`, counted from 1. */
function onRanks(world: World, from: number, to: number): number {
  const counts = world.relays.slice(from - 1, to).map((relay) => relay.authors);
  return percent(mean(counts) / world.lists.size);
}

/** Posts in a window per listed author. */
function counts(world: World, seconds: number): number[] {
  return world.pubkeys.flatMap((pubkey, author) => {
    if (!world.lists.has(pubkey)) return [];
    let n = 0;
    for (
      let p = world.firstPost[author];
      p < world.firstPost[author + 1];
      p++
    ) {
      if (world.timeOf[p] >= world.now - seconds) n++;
    }
    return [n];
  });
}

function links(world: World): boolean[][] {
  return [...world.lists.values()].map((list) =>
    list.write.map((url) => world.relayOf.get(url)!.dead)
  );
}

function markers(world: World, marker: string | undefined): number {
  const all = [...world.tags.values()].flat();
  return percent(all.filter((tag) => tag[2] === marker).length / all.length);
}

/** Slope of the popularity over ranks 1 to 100, on logarithms, as a positive. */
function exponent(world: World): number {
  const ranks = world.relays.slice(0, 100);
  const x = ranks.map((_, i) => Math.log(i + 1));
  const y = ranks.map((relay) => Math.log(relay.authors));
  const mx = mean(x), my = mean(y);
  const xy = mean(x.map((v, i) => (v - mx) * (y[i] - my)));
  return -xy / mean(x.map((v) => (v - mx) ** 2));
}

function activity(name: string, seconds: number, published: string[]): Row[] {
  const active = (world: World) => counts(world, seconds).filter((n) => n > 0);
  return [
    [
      `listed who post in a ${name}, %`,
      published[0],
      (w) => percent(active(w).length / w.lists.size),
    ],
    [
      `posts per active author, mean, ${name}`,
      published[1],
      (w) => mean(active(w)),
    ],
    [
      `posts per active author, median, ${name}`,
      published[2],
      (w) => quantile(active(w), 0.5),
    ],
  ];
}

const ROWS: readonly Row[] = [
  [
    "relays / (4.9 F^0.733)",
    "1",
    (w) => w.relays.length / (4.9 * w.pubkeys.length ** 0.733),
  ],
  [
    "follows with a list, %",
    "52-91, mean 77",
    (w) => percent(w.lists.size / w.pubkeys.length),
  ],
  ["listed on rank 1, %", "70", (w) => onRanks(w, 1, 1)],
  ["listed on rank 2, %", "62", (w) => onRanks(w, 2, 2)],
  ["listed on rank 3, %", "52", (w) => onRanks(w, 3, 3)],
  ["listed on ranks 4-20, mean, %", "14.5", (w) => onRanks(w, 4, 20)],
  ["listed on rank 50, %", "2.4", (w) => onRanks(w, 50, 50)],
  [
    "relays with a single author, %",
    "56-64",
    (w) => percent(mean(w.relays.map((relay) => relay.authors === 1 ? 1 : 0))),
  ],
  ["popularity exponent, ranks 1-100", "1.0-1.1", exponent],
  ["write relays, mean", "8-10", (w) => mean(sizes(w))],
  ["write relays, p10", "3", (w) => quantile(sizes(w), 0.1)],
  ["write relays, p50", "6", (w) => quantile(sizes(w), 0.5)],
  ["write relays, p90", "15", (w) => quantile(sizes(w), 0.9)],
  ["write relays, p99", "30", (w) => quantile(sizes(w), 0.99)],
  ["entries unmarked, %", "91", (w) => markers(w, undefined)],
  ["entries read, %", "7", (w) => markers(w, "read")],
  ["entries write, %", "2", (w) => markers(w, "write")],
  [
    "dead relays, %",
    "50-67",
    (w) => percent(mean(w.relays.map((relay) => relay.dead ? 1 : 0))),
  ],
  [
    "dead author-to-relay links, %",
    "21",
    (w) => percent(mean(links(w).flat().map((dead) => dead ? 1 : 0))),
  ],
  [
    "authors without a living relay, %",
    "0.7",
    (w) => percent(mean(links(w).map((all) => all.every((dead) => dead) ? 1 : 0))),
  ],
  [
    "relays with a cap of 500, %",
    "72",
    (w) => percent(mean(w.relays.map((relay) => relay.cap === 500 ? 1 : 0))),
  ],
  [
    "connect, median ms",
    "650",
    (w) => quantile(w.relays.map((relay) => relay.connectMs), 0.5),
  ],
  [
    "connect, p95 ms",
    "1200",
    (w) => quantile(w.relays.map((relay) => relay.connectMs), 0.95),
  ],
  [
    "query, p95 ms",
    "3000-15000",
    (w) => quantile(w.relays.map((relay) => relay.queryMs), 0.95),
  ],
  ...activity("week", WEEK_S, ["48-54", "27-35", "10-12"]),
  ...activity("year", 366 * 86_400, ["59-75", "137-344", "27-72"]),
];

/** Prints a table, each figure the mean over some seeds. */
function printCalibration(sizes = [194, 283, 943, 1779]): void {
  const worlds = sizes.map((follows) => SEEDS.map((seed) => createWorld({ follows, seed })));
  print(table(
    ["figure", "published", ...sizes.map((follows) => `${follows} follows`)],
    ROWS.map(([name, published, read]) => [
      name,
      published,
      ...worlds.map((some) => String(Number(mean(some.map(read)).toPrecision(3)))),
    ]),
  ));
}

if (import.meta.main) printCalibration();
