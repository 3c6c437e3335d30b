/**
 * The relays that hints name, as far as they may be asked.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { PlanSettings } from "./plan_options.ts";

/** Most hints used in place of a list: each costs a connection, and many are rotten. */
const MAX_HINTED_RELAYS = 3;

/** The relays of the best usable hints, best first. */
export function hintedRelays(
  knowledge: RelayKnowledge | undefined,
  { check, weight }: Pick<PlanSettings, "check" | "weight">,
): string[] {
  const best = new Set<string>();
  for (const hint of knowledge?.hints ?? []) {
    const { url } = check(hint.url);
    if (url !== undefined && weight(url) > 0) best.add(url);
    if (best.size === MAX_HINTED_RELAYS) break;
  }
  return [...best];
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
