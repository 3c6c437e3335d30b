/**
 * Where somebody or something may be by hearsay, as far as it is to be asked.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/types.ts";
import type { PlanSettings } from "./plan_options.ts";

/** Most hints that stand in for a list: each costs a connection, and many are rotten. */
const MOST_HINTS = 3;

/** The relays of the best usable hints, the best first. */
export function hintedRelays(
  known: RelayKnowledge | undefined,
  { check, weight }: Pick<PlanSettings, "check" | "weight">,
): string[] {
  const best = new Set<string>();
  for (const hint of known?.hints ?? []) {
    const { url } = check(hint.url);
    if (url !== undefined && weight(url) > 0) best.add(url);
    if (best.size === MOST_HINTS) break;
  }
  return [...best];
}

/** The relay of the best hint that the policy lets pass as the host of a group (NIP-29). */
export function groupHost(
  known: RelayKnowledge | undefined,
  { check }: Pick<PlanSettings, "check">,
): string | undefined {
  for (const hint of known?.hints ?? []) {
    const { url } = check(hint.url, "group");
    if (url !== undefined) return url;
  }
  return undefined;
}
