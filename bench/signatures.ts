/**
 * What verifying signatures costs the thread that has the work.
 *
 * One request brings 20,000 different events from 20 relays on sockets of this machine. The client
 * runs in a process of its own, beside the relays in this one, so that two cores have three threads
 * or more to run. Both ways run in turn. "Today's way" is a `verifyEvent` that answers at once, as
 * the default did before: each event is verified as it is read.
 *
 * @module
 */

import { createRandom } from "../testing/random.ts";
import { LoopbackRelay, wired } from "./loopback_relay.ts";
import { count, median, ms, percent, print, progress, prose, ratio, table } from "./report.ts";
import type { SignatureRun } from "./signatures_client.ts";
import type { Nature } from "./sim_nature.ts";
import { loadWasm, signer } from "./wasm_signatures.ts";

const RELAYS = 20;
const EVENTS = 20_000;
const ROUNDS = Number(Deno.env.get("BENCH_ROUNDS") ?? 5);
const NATURE: Nature = {
  relay: { cap: 5_000, connectMs: 0, queryMs: 0, eose: true } as Nature["relay"],
  maxFilters: 100,
  maxSubscriptions: 100,
  notices: false,
  hasInfo: false,
};
const MODES = [["in the main thread", "plain"], ["the default", "workers"]] as const;

/** Runs both ways, and prints their figures. */
export async function benchSignatures(): Promise<void> {
  await loadWasm();
  print("## Signatures");
  print(prose(
    `One request for ${count(EVENTS)} different events at ${RELAYS} relays on loopback; medians ` +
      `of ${ROUNDS} rounds, in which both ways ran in turn. "main thread": for how much of the ` +
      'time it used a core; "blocked": the longest time in which none of its timers ran, the ' +
      'median and the longest of all rounds; "own turn": the most that it used a core between two ' +
      'timers, which other programs do not add to; "all threads": CPU time of the process, which ' +
      "reading sockets belongs to. The ratio of times is a median, too.",
  ));
  progress(`signatures: ${count(EVENTS)} events`);
  const { pubkey, urls } = startRelays();
  const runs = new Map<string, SignatureRun[]>(MODES.map(([, mode]) => [mode, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, mode] of MODES) {
      const run = await runClient([mode, pubkey, ...urls]);
      progress(`${name}: ${JSON.stringify(run)}`);
      runs.get(mode)!.push(run);
    }
  }
  const plain = runs.get("plain")!;
  print(table(
    ["", "events", "time", "ratio", "main thread", "blocked", "longest", "own turn", "all threads"],
    MODES.map(([name, mode]) => {
      const own = runs.get(mode)!;
      const of = (value: (run: SignatureRun) => number) => median(own.map(value));
      return [
        name,
        count(Math.min(...own.map(({ events }) => events))),
        ms(of(({ wallMs }) => wallMs)),
        ratio(median(own.map(({ wallMs }, i) => wallMs / plain[i].wallMs))),
        percent(of(({ busyMs, wallMs }) => busyMs / wallMs)),
        ms(of(({ blockedMs }) => blockedMs)),
        ms(Math.max(...own.map(({ blockedMs }) => blockedMs))),
        ms(of(({ turnMs }) => turnMs)),
        ms(of(({ cpuMs }) => cpuMs)),
      ];
    }),
  ));
}

function startRelays(): { pubkey: string; urls: string[] } {
  const sign = signer(12);
  const random = createRandom(12);
  let pubkey = "";
  const urls = Array.from({ length: RELAYS }, (_, i) => {
    const relay = new LoopbackRelay(NATURE, random);
    for (let n = 0; n < EVENTS / RELAYS; n++) {
      const content = `Post ${n} at relay ${i}. `.repeat(1 + Math.floor(random() * 12));
      const event = sign({
        kind: 1,
        created_at: 1_700_000_000 - n,
        tags: [["t", "bench"]],
        content,
      });
      pubkey = event.pubkey;
      relay.seed(wired(event));
    }
    return relay.url;
  });
  return { pubkey, urls };
}

async function runClient(args: string[]): Promise<SignatureRun> {
  const script = new URL("./signatures_client.ts", import.meta.url).href;
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--lock=bench/deno.lock", script, ...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot measure signatures: the client failed");
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

if (import.meta.main) {
  await benchSignatures();
  Deno.exit(0);
}
