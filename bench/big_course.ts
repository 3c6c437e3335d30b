/**
 * One session of a big account: what was found by the EOSE, when that came, and what it cost.
 *
 * @module
 */

import process from "node:process";
import { NPool } from "@nostrify/nostrify";
import type { NStore } from "@nostrify/types";
import { verifyEvent } from "nostr-tools";
import { createOutbox } from "../src/mod.ts";
import type { ColdWorld } from "./cold_world.ts";
import type { NetworkTraffic } from "./loopback_relay.ts";
import { LoopLag } from "./loop_lag.ts";
import type { RelayProcess } from "./relay_process.ts";

/** What a session came to. Times are seconds since the feed was requested. */
export interface BigCourse {
  readonly eose: number;
  /** Different posts that came before EOSE. */
  readonly posts: number;
  /** Events that the relays sent for each of these. */
  readonly moved: number;
  /** Time of the processor that this process took, in seconds. */
  readonly cpuS: number;
  /** The longest time in which the event loop did not turn, in milliseconds. */
  readonly maxLagMs: number;
  /** Living relays that were blamed for an answer without EOSE, though they send one. */
  readonly blamed: number;
}

/** How many of the most used relays an app has in its settings. */
const FALLBACK_COUNT = 2;
/** No session takes longer. */
const MAX_SESSION_MS = 300_000;

/** An app that asks its pool for the posts of everybody. */
export async function runBig(
  { about, traffic }: { about: ColdWorld; traffic: () => Promise<NetworkTraffic> },
  store: NStore,
): Promise<BigCourse> {
  await traffic();
  const known = new Set([...about.relays, ...about.indexers]);
  const blamed = new Set<string>();
  await using outbox = createOutbox({
    store,
    indexerRelays: [...about.indexers],
    fallbackRelays: about.relays.slice(0, FALLBACK_COUNT),
    // Lists hold junk, some of which names addresses of this machine.
    policy: { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) },
    onRelayError: ({ relay: url, reason }) => {
      if (reason === "no-answer" && about.answering.includes(url)) blamed.add(url);
    },
  });
  await using pool = new NPool(outbox);
  const seen = new Set<string>();
  using lag = new LoopLag();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const filter = { kinds: [1], authors: [...about.pubkeys], since: about.since };
  const signal = AbortSignal.timeout(MAX_SESSION_MS);
  let eose = Infinity;
  for await (const [verb, , event] of pool.req([filter], { signal })) {
    if (verb === "EVENT") seen.add(event.id);
    if (verb !== "EOSE") continue;
    eose = (performance.now() - begun) / 1000;
    break;
  }
  const { relays } = await traffic();
  const posts = seen.size;
  return {
    eose,
    posts,
    moved: relays.events / posts,
    cpuS: cpuSince(cpu),
    maxLagMs: lag.maxMs,
    blamed: blamed.size,
  };
}

/** How many posts are received to know what one costs. */
const BARE_POSTS = 4_000;

/** Seconds of the processor that this process took since then. */
function cpuSince(then: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(then);
  return (user + system) / 1e6;
}

/** What it takes to receive one post from a relay that sends all at once, and to verify it, in seconds. */
export async function bareCost(
  { about }: Pick<RelayProcess<ColdWorld>, "about">,
): Promise<{ wallS: number; cpuS: number }> {
  const socket = new WebSocket(about.archive);
  await new Promise((resolve) => socket.onopen = resolve);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let count = 0;
  const done = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      const [verb, , event] = JSON.parse(data);
      if (verb === "EOSE") return resolve();
      if (!verifyEvent(event)) throw new Error("Cannot count a forged event");
      count++;
    };
  });
  socket.send(JSON.stringify(["REQ", "all", { kinds: [1], limit: BARE_POSTS }]));
  await done;
  socket.close();
  return { wallS: (performance.now() - begun) / 1000 / count, cpuS: cpuSince(cpu) / count };
}
