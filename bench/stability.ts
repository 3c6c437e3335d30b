/**
 * How much of a plan moves when one author's list changes?
 *
 * On the synthetic networks of `world.ts`, the plan of a week's feed before and
 * after one follow takes over the relay list of somebody drawn from another
 * network of the same kind. Counted are the relays that come or go, and the other
 * people whose relays change. Law R10 has the bound where nothing is scarce; this is
 * what happens under the cap.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayList } from "../src/nostr/relay_knowledge.ts";
import { planReq, type ReqPlan } from "../src/plan/plan_req.ts";
import { createRandom, pick } from "../testing/random.ts";
import { createWorld } from "../testing/world/world.ts";
import { count, percent, print, progress, prose, table } from "./report.ts";

const FOLLOWS = [194, 943, 2784];
const CHANGES = 200;
const OPTIONS = { fallbackRelays: ["wss://fallback.example.org"] };

/** Counts what one changed list moves. */
export function benchStability(): void {
  print("## Stability: one list changes");
  print(prose(
    `The options' defaults, ${CHANGES} changes at each size. Relays are out of 20; people are the ` +
      "others whose relays are not the same afterwards.",
  ));
  print(table(
    ["follows", "no relay moves", "relays moved: mean", "worst", "people moved: mean", "worst"],
    FOLLOWS.map(changeLists),
  ));
}

function changeLists(follows: number): string[] {
  progress(`stability: ${follows} follows`);
  const { pubkeys, lists } = createWorld({ follows, seed: 2027, days: 7 });
  const others = [...createWorld({ follows, seed: 2028, days: 7 }).lists.values()];
  const filters = [{ kinds: [1], authors: [...pubkeys] }];
  const before = planReq(filters, lists, OPTIONS);
  const random = createRandom(1);
  const relays: number[] = [], people: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const pubkey = pick(random, pubkeys);
    const after = planWith(filters, lists, { ...pick(random, others), pubkey });
    relays.push(relaysMoved(before, after));
    people.push(peopleMoved(before, after, pubkey));
  }
  const mean = (values: number[]) => values.reduce((sum, n) => sum + n) / values.length;
  return [
    count(follows),
    percent(relays.filter((moved) => moved === 0).length / CHANGES),
    mean(relays).toFixed(2),
    String(Math.max(...relays)),
    mean(people).toFixed(1),
    count(Math.max(...people)),
  ];
}

function planWith(
  filters: readonly NostrFilter[],
  lists: ReadonlyMap<string, RelayList>,
  changed: RelayList,
): ReqPlan {
  return planReq(filters, new Map([...lists, [changed.pubkey, changed]]), OPTIONS);
}

/** Relays that only one of the plans has. */
function relaysMoved(before: ReqPlan, after: ReqPlan): number {
  const gone = [...before.routes.keys()].filter((url) => !after.routes.has(url));
  const come = [...after.routes.keys()].filter((url) => !before.routes.has(url));
  return gone.length + come.length;
}

function peopleMoved(before: ReqPlan, after: ReqPlan, but: string): number {
  return before.subjects.filter(({ subject, relays }, i) =>
    subject !== but && [...relays].sort().join() !== [...after.subjects[i].relays].sort().join()
  ).length;
}
