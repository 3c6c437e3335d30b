/**
 * The client of `signatures.ts`, in a process of its own: reads everything from some relays in one
 * request, and prints how busy its main thread was.
 *
 * Arguments: `plain` or `workers`, then the pubkey, then the URLs of the relays.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "@npool/outbox";
import { verifyEvent } from "nostr-tools/pure";
import { LoopLag, mainThreadMs } from "./loop_lag.ts";

/** What a client found, and what it took. */
export interface SignatureRun {
  /** How many different events came. */
  readonly events: number;
  /** From the request to its EOSE. */
  readonly wallMs: number;
  /** For how long the main thread used a core. */
  readonly busyMs: number;
  /** The longest time in which no timer of the main thread ran. */
  readonly blockedMs: number;
  /** The most that the main thread used a core between two timers: its own part in that. */
  readonly turnMs: number;
  /** For how long the whole process used a core. */
  readonly cpuMs: number;
}

/** How often a timer is to run that shows whether the main thread is blocked. */
const TICK_MS = 5;

function processMs(): number {
  const { user, system } = (globalThis as unknown as {
    process: { cpuUsage(): { user: number; system: number } };
  }).process.cpuUsage();
  return (user + system) / 1000;
}

async function run(mode: string, pubkey: string, urls: string[]): Promise<SignatureRun> {
  await using outbox = createOutbox({
    policy: { allowLocal: true, allowInsecure: true },
    indexerRelays: [],
    relayInfo: false,
    ...mode === "plain" ? { verifyEvent } : {},
  });
  await using pool = new NPool({ ...outbox, open: outbox.open });
  using lag = new LoopLag(TICK_MS);
  const ids = new Set<string>();
  const [start, busy, cpu] = [performance.now(), mainThreadMs(), processMs()];
  const filters = [{ kinds: [1], authors: [pubkey], since: 1 }];
  for await (const message of pool.req(filters, { relays: urls })) {
    if (message[0] === "EVENT") ids.add(message[2].id);
    else break;
  }
  lag.look();
  return {
    events: ids.size,
    wallMs: performance.now() - start,
    busyMs: mainThreadMs() - busy,
    blockedMs: lag.maxMs,
    turnMs: lag.maxTurnMs,
    cpuMs: processMs() - cpu,
  };
}

if (import.meta.main) {
  const [mode, pubkey, ...urls] = Deno.args;
  console.log(JSON.stringify(await run(mode, pubkey, urls)));
  Deno.exit(0);
}
