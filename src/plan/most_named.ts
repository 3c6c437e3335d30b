/**
 * The relays that most relay lists name: where a plan that is still to be made will likely go.
 *
 * Pure.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { PlanSettings } from "./plan_options.ts";

/** How the relays are chosen. */
export interface MostNamedOptions extends Pick<PlanSettings, "check" | "weight"> {
  /** The roles in which lists name relays that count. */
  readonly roles: ReadonlySet<"write" | "read">;
  /** Most relays. */
  readonly max: number;
}

/**
 * The relays that most lists name, by their weight, the best first; of equal ones the smaller URL. A
 * plan that is made of more such lists will hardly do without them.
 */
export function mostNamed(
  lists: Iterable<RelayKnowledge>,
  { check, weight, roles, max }: MostNamedOptions,
): string[] {
  const counts = new Map<string, number>();
  for (const list of lists) {
    const named = new Set(
      [...roles].flatMap((role) => list[role] ?? []).map((it) => check(it).url),
    );
    for (const url of named) if (url) counts.set(url, (counts.get(url) ?? 0) + 1);
  }
  return [...counts].map(([url, count]) => ({ url, value: count * weight(url) }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || (a.url < b.url ? -1 : 1))
    .slice(0, max)
    .map(({ url }) => url);
}
