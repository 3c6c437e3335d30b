/**
 * Measures what it costs when relay lists arrive one by one while a feed is open.
 *
 * The feed is over people without known lists, so it is on a fallback relay; then the list of
 * each of them arrives, in random order. Lists are those of `planning.ts`: 3 to 5 write relays,
 * Zipf over 800.
 *
 * "Open request" is the whole, as in an app: lists arrive every 20 ms, changes are gathered,
 * and relays that answer at once are asked; the time includes their part. "One more list" is
 * a list that changes when all are known: its plan, the difference, and the filters for it.
 * "planReq for each" plans for each list without gathering, and applesauce's `OutboxModel`
 * does the same; both are stopped after some seconds.
 *
 * "Covered" are people who are requested from a relay of their list, beside what planning
 * at once comes to.
 *
 * @module
 */

import type { RelayList } from "../src/nostr/relay_knowledge.ts";
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
/** When those that plan for each list are stopped. */
const MAX_RUN_MS = 10_000;
const REPEATS = 5;
/** How often a list arrives. */
const LIST_INTERVAL_MS = 20;
/** How many lists change when all are known. */
const LATE_LISTS = 100;

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
    rows.push([...name("Open request"), ...await openRequest(lists)]);
    rows.push([...name("One more list"), ...lateLists(lists)]);
    rows.push([...name("planReq for each"), ...planEach(lists)]);
    if (applesauce) rows.push([...name(NAME), ...modelled(lists, applesauce)]);
  }
  print(table(["", "lists", "all", "per list", "covered", "at once", "REQs", "at a relay"], rows));
}

async function openRequest(lists: readonly RelayList[]): Promise<string[]> {
  const runs = [];
  for (let run = 0; run < REPEATS; run++) {
    runs.push(await followLists(lists, { fallback: FALLBACK, intervalMs: LIST_INTERVAL_MS }));
  }
  const [{ asked, reqs, most }] = runs;
  const time = median(runs.map(({ ms }) => ms));
  return [...timed(time, lists), ...coverage(lists, asked), count(reqs), count(most)];
}

/** Lists that change when all are known: the new ones are those of others. */
function lateLists(lists: readonly RelayList[]): string[] {
  const parts = partsFor(lists);
  const nothing = new Map();
  const input = { parts, knowledge: nothing, settings: SETTINGS };
  const plan = new LivePlan(input, planParts(parts, nothing, SETTINGS));
  for (const list of lists) plan.update(list.pubkey, list);
  plan.difference();
  let reqs = 0;
  const times = lists.slice(0, LATE_LISTS).map(({ pubkey }, i) => {
    const start = performance.now();
    plan.update(pubkey, { write: lists[lists.length - 1 - i].write });
    const gains = plan.difference().filter(({ gained }) => gained.length > 0)
      .map(({ url, gained }) => [url, gained] as const);
    reqs += liveShares(parts, new Map(gains), SETTINGS).routes.size;
    return performance.now() - start;
  });
  return ["", ms(median(times)), "", "", (reqs / LATE_LISTS).toFixed(2), ""];
}

function planEach(lists: readonly RelayList[]): string[] {
  const parts = partsFor(lists);
  const knowledge = new Map<string, RelayList>();
  return untilStopped(lists, (list) => {
    knowledge.set(list.pubkey, list);
    planParts(parts, knowledge, SETTINGS);
  });
}

function modelled(
  lists: readonly RelayList[],
  model: Awaited<ReturnType<typeof loadApplesauceLive>>,
): string[] {
  const { add, end } = model(lists.map(({ pubkey }) => pubkey));
  const row = untilStopped(lists, add);
  end();
  return row;
}

function untilStopped(lists: readonly RelayList[], add: (list: RelayList) => void): string[] {
  const start = performance.now();
  let done = 0;
  while (done < lists.length && performance.now() - start < MAX_RUN_MS) add(lists[done++]);
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
  const knowledge = new Map(lists.map((list) => [list.pubkey, list]));
  const { plan } = planParts(partsFor(lists), knowledge, SETTINGS);
  const atOnce = plan.subjects.filter(({ reason }) => reason === "list").length;
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
