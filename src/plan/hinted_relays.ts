/**
 * The relays that hints name, as far as they may be asked.
 *
 * @module
 */

import type { RelayHint, RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { PlanSettings } from "./plan_options.ts";

/** Most hints used in place of a list: each costs a connection, and many are rotten. */
const MAX_HINTED_RELAYS = 3;

/** The relays of the best usable hints, best first: by the hint's weight times the relay's. */
export function hintedRelays(
  knowledge: RelayKnowledge | undefined,
  settings: Pick<PlanSettings, "check" | "weight">,
): string[] {
  return weighedHints(knowledge, settings).map(([url]) => url);
}

/**
 * The relays of the best usable hints that pass a test, best first, each with the weight of its hint as a share of
 * the heaviest: in (0, 1].
 */
export function weighedHints(
  knowledge: RelayKnowledge | undefined,
  { check, weight }: Pick<PlanSettings, "check" | "weight">,
  isMeant: (hint: RelayHint) => boolean = () => true,
): [url: string, factor: number][] {
  // The best so far, best first. Thousands of people may have hints, so no map and no sort.
  const best: { url: string; hinted: number; value: number }[] = [];
  for (const hint of knowledge?.hints ?? []) {
    const { url } = check(hint.url);
    if (url === undefined || !isMeant(hint)) continue;
    const value = hint.weight * weight(url);
    if (!(value > 0)) continue;
    const named = best.findIndex((other) => other.url === url);
    if (named >= 0) {
      if (best[named].value >= value) continue;
      best.splice(named, 1);
    }
    let rank = best.length;
    while (rank > 0 && isBetter(url, value, best[rank - 1])) rank--;
    if (rank === MAX_HINTED_RELAYS) continue;
    best.splice(rank, 0, { url, hinted: hint.weight, value });
    if (best.length > MAX_HINTED_RELAYS) best.pop();
  }
  let heaviest = 0;
  for (const { hinted } of best) heaviest = Math.max(heaviest, hinted);
  return best.map(({ url, hinted }) => [url, hinted / heaviest]);
}

function isBetter(url: string, value: number, other: { url: string; value: number }): boolean {
  return value === other.value ? url < other.url : value > other.value;
}

/** The relay of the best hint that the policy allows as the host of a group (NIP-29). */
export function groupHost(
  knowledge: RelayKnowledge | undefined,
  { check }: Pick<PlanSettings, "check">,
): string | undefined {
  for (const hint of knowledge?.hints ?? []) {
    const { url } = check(hint.url, "group");
    if (url !== undefined) return url;
  }
  return undefined;
}
