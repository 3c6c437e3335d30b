/**
 * What does it cost when lists arrive one by one while a feed is open?
 *
 * A feed over people of whom nothing is known is on a fallback relay; then the list of
 * each of them arrives, in an order of no meaning. Lists are those of `planning.ts`: 3 to
 * 5 write relays, Zipf over 800. "LivePlan" hands out its difference after each list, and
 * the filters for it are made. "Open request" is the whole, as in an app: lists arrive
 * every 20 ms, what changed is gathered, and relays that answer at once are asked; the
 * time has their part, too. "planReq" plans anew for each list, and applesauce's
 * `OutboxModel` does the same; both are stopped after some seconds.
 *
 * "Covered" are people who are asked for on a relay of their list, beside what planning
 * at once comes to.
 *
 * @module
 */

import type { RelayList } from "../src/nostr/types.ts";
import { planSettings } from "../src/plan/plan_options.ts";
import { planParts } from "../src/plan/plan_req.ts";
import { reqParts } from "../src/plan/req_parts.ts";
import { LivePlan } from "../src/requests/live_plan.ts";
import { liveShares } from "../src/requests/live_shares.ts";
import { createRandom, shuffled } from "../testing/random.ts";
import { zipfLists } from "../testing/world/world.ts";
import { followLists } from "./live_feed.ts";
import { loadApplesauceLive, NAME } from "./peers/applesauce_live.ts";
import { count, median, ms, percent, print, progress, prose, table } from "./report.ts";

const SIZES = [300, 1_000, 3_000];
const FALLBACK = "wss://fallback.example.org/";
const SETTINGS = planSettings({ fallbackRelays: [FALLBACK], indexerRelays: [] });
/** Others are stopped after so many milliseconds. */
const ENOUGH = 10_000;
const REPEATS = 5;
/** A list arrives in so many milliseconds. */
const EVERY = 20;

/** Runs everybody at every size. */
export async function benchLive(): Promise<void> {
  print("## A live plan");
  print(prose(
    `One list after the other arrives for a feed over that many people; medians of ${REPEATS} ` +
      "runs, but one run where a row says that it was stopped.",
  ));
  let applesauce: Awaited<ReturnType<typeof loadApplesauceLive>> | undefined;
  try {
    applesauce = await loadApplesauceLive();
  } catch (error) {
    print(prose(`${NAME} did not load and is missing below: ${String(error).split("\n")[0]}`));
  }
  const rows: string[][] = [];
  for (const authors of SIZES) {
    progress(`live: ${count(authors)} lists`);
    const lists = shuffled(createRandom(1), zipfLists({ authors, seed: 65 }).values());
    const name = (what: string) => [what, count(authors)];
    rows.push([...name("LivePlan"), ...livePlan(lists)]);
    rows.push([...name("Open request"), ...await openRequest(lists)]);
    rows.push([...name("planReq for each"), ...planEach(lists)]);
    if (applesauce) rows.push([...name(NAME), ...modelled(lists, applesauce)]);
  }
  print(table(["", "lists", "all", "per list", "covered", "at once", "REQs", "at a relay"], rows));
}

function livePlan(lists: readonly RelayList[]): string[] {
  const parts = partsFor(lists);
  const none = new Map();
  let plan: LivePlan;
  const times = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    const input = { parts, knowledge: none, settings: SETTINGS };
    plan = new LivePlan(input, planParts(parts, none, SETTINGS));
    for (const list of lists) {
      plan.update(list.pubkey, list);
      const gains = plan.difference().map(({ url, gained }) => [url, gained] as const);
      liveShares(parts, new Map(gains), SETTINGS);
    }
    return performance.now() - start;
  });
  const asked = [...plan!.asked()].map(([url, rows]) =>
    [url, new Set([...rows].map(({ subject }) => subject))] as const
  );
  return [...timed(median(times), lists), ...coverage(lists, new Map(asked)), "", ""];
}

async function openRequest(lists: readonly RelayList[]): Promise<string[]> {
  const runs = [];
  for (let run = 0; run < REPEATS; run++) {
    runs.push(await followLists(lists, { fallback: FALLBACK, every: EVERY }));
  }
  const [{ asked, reqs, most }] = runs;
  const time = median(runs.map(({ ms }) => ms));
  return [...timed(time, lists), ...coverage(lists, asked), count(reqs), count(most)];
}

function planEach(lists: readonly RelayList[]): string[] {
  const parts = partsFor(lists);
  const known = new Map<string, RelayList>();
  return untilEnough(lists, (list) => {
    known.set(list.pubkey, list);
    planParts(parts, known, SETTINGS);
  });
}

function modelled(
  lists: readonly RelayList[],
  model: Awaited<ReturnType<typeof loadApplesauceLive>>,
): string[] {
  const { add, end } = model(lists.map(({ pubkey }) => pubkey));
  const row = untilEnough(lists, add);
  end();
  return row;
}

function untilEnough(lists: readonly RelayList[], add: (list: RelayList) => void): string[] {
  const start = performance.now();
  let done = 0;
  while (done < lists.length && performance.now() - start < ENOUGH) add(lists[done++]);
  const time = performance.now() - start;
  const all = done < lists.length ? `stopped after ${count(done)}: ${ms(time)}` : ms(time);
  return [all, ms(time / done), "", "", "", ""];
}

function timed(time: number, lists: readonly RelayList[]): string[] {
  return [ms(time), ms(time / lists.length)];
}

function coverage(
  lists: readonly RelayList[],
  asked: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const known = new Map(lists.map((list) => [list.pubkey, list]));
  const { plan } = planParts(partsFor(lists), known, SETTINGS);
  const atOnce = plan.people.filter(({ reason }) => reason === "list").length;
  const covered =
    lists.filter(({ pubkey, write }) => write.some((url) => asked.get(url)?.has(pubkey))).length;
  return [percent(covered / lists.length), percent(atOnce / lists.length)];
}

function partsFor(lists: readonly RelayList[]) {
  return reqParts([{ kinds: [1], authors: lists.map(({ pubkey }) => pubkey) }]);
}

if (import.meta.main) {
  await benchLive();
  Deno.exit(0);
}
