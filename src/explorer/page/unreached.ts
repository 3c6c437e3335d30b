/**
 * Groups the people who are not asked for at relays of their own, by the reason. Pure.
 *
 * @module
 */

import type { ExplorerData } from "../explorer_data.ts";
import type { ExplorerPlan } from "../explorer_plan.ts";
import { MISSING_LIST_TEXTS, relayReason } from "./reasons.ts";

/** People of whom the same is true. */
export interface UnreachedGroup {
  /** What is true of them, as a heading. */
  readonly title: string;
  /** What it means, and what helps. */
  readonly text: string;
  /** Whether no relay at all is asked for them. */
  readonly isNobody: boolean;
  /** By index in `data.people`. */
  readonly people: readonly number[];
}

/** The groups; those with nobody to ask come first, then the biggest. */
export function unreachedGroups(data: ExplorerData, plan: ExplorerPlan): UnreachedGroup[] {
  const groups = new Map<string, Omit<UnreachedGroup, "people"> & { people: number[] }>();
  for (const [index, { reach, unrouted }] of plan.people.entries()) {
    const isNobody = reach === "none";
    const { title, text } = reach === "guess" || isNobody
      ? missingReason(data, plan, index)
      : isDown(data, plan, index)
      ? DOWN
      : {};
    if (title === undefined || text === undefined) continue;
    const key = `${unrouted} ${title}`;
    const group = groups.get(key);
    if (group) group.people.push(index);
    else groups.set(key, { title, text, isNobody, people: [index] });
  }
  return [...groups.values()].sort((a, b) =>
    Number(b.isNobody) - Number(a.isNobody) || b.people.length - a.people.length
  );
}

const DOWN = {
  title: "All relays that are asked for them fail",
  text: "They are tried again by themselves; until then the plan's spare relays stand in, if any.",
};

/** Whether each of a person's relays failed when it was last used. */
function isDown(data: ExplorerData, plan: ExplorerPlan, index: number): boolean {
  return plan.people[index].relays.every((relay) => {
    const { health } = data.relays[relay];
    return health !== undefined && health.state !== "works";
  });
}

function missingReason(
  data: ExplorerData,
  plan: ExplorerPlan,
  index: number,
): { title: string; text: string } {
  const { reason, reach } = plan.people[index];
  const { write = [], refused = [], missing, hints } = data.people[index];
  const instead = reach === "none"
    ? "No fallback relays are set, so nobody is asked."
    : hints && reason === "hint"
    ? "Relays that hints name are asked instead, and fallback relays."
    : reason === "cap"
    ? "The fallback relays are asked instead."
    : "Fallback relays are asked instead, and those that many others use.";
  if (reason === "invalid-pubkey") {
    return { title: "No valid public key", text: "No event can match it." };
  }
  if (reason === "cap") {
    return {
      title: "None of their relays is among the chosen ones",
      text: `A larger number of relays may have one of theirs. ${instead}`,
    };
  }
  if (write.length + refused.length > 0) {
    const reasons = new Set([
      ...refused.map(([, reason]) => relayReason(reason)),
      ...write.length > 0 ? [relayReason("policy")] : [],
    ]);
    return {
      title: "Their list names no relay that may be asked",
      text: `Their relays are refused: ${[...reasons].sort().join("; ")}. ${instead}`,
    };
  }
  if (missing !== undefined) {
    const text = MISSING_LIST_TEXTS[missing];
    return { title: text[0].toUpperCase() + text.slice(1), text: instead };
  }
  return { title: "No relay list of theirs is known", text: instead };
}
