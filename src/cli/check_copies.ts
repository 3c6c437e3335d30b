/**
 * Whether somebody's lists are the same wherever others look for them. Pure.
 *
 * @module
 */

import { DM_LIST_KIND, FOLLOW_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { CheckedRelay, CheckSource } from "./check_source.ts";
import type { Finding } from "./finding.ts";
import { dateTime } from "./text.ts";

const NAMES = new Map([
  [0, "profile"],
  [FOLLOW_LIST_KIND, "follow list"],
  [RELAY_LIST_KIND, "relay list"],
  [DM_LIST_KIND, "list of relays for messages"],
]);

/** How a relay's copy of a list compares to the newest. */
type Copy = "newest" | "older" | "none" | "unknown";

/** A finding for the indexers, and one for the person's own relays. */
export function copyFindings(
  source: Pick<CheckSource, "answers" | "newest" | "indexers" | "offers">,
  relays: readonly CheckedRelay[],
): Finding[] {
  const own = relays.filter(({ uses }) => uses.includes("write")).map(({ url }) => url);
  return [...source.newest.keys()].sort((a, b) => a - b).flatMap((kind) => [
    ...placeFindings(kind, source.indexers, "indexers", source),
    ...placeFindings(kind, own, "write relays", source),
  ]);
}

function placeFindings(
  kind: number,
  urls: readonly string[],
  where: string,
  source: Pick<CheckSource, "answers" | "newest" | "offers">,
): Finding[] {
  const copies = Map.groupBy(urls, (url) => copyAt(url, kind, source));
  const of = (copy: Copy) => copies.get(copy) ?? [];
  const asked = urls.length - of("unknown").length;
  if (asked === 0) return [];
  // Apps look for the others at indexers first: at write relays only an old version does harm.
  const isExtra = where !== "indexers" && kind !== RELAY_LIST_KIND;
  if (isExtra && of("older").length === 0) return [];
  const name = NAMES.get(kind)!;
  const code = `${name.replaceAll(" ", "-")}-${where.replaceAll(" ", "-")}`;
  const { created_at } = source.newest.get(kind)!;
  const text = `The ${name} of ${dateTime(created_at)} is at ${of("newest").length} of ${asked} ` +
    `${where}`;
  const lacking = [
    ...of("older").map((url) => `${url} has an older one`),
    ...of("none").map((url) => `${url} has none`),
  ];
  if (lacking.length === 0) return [{ level: "good", code, text: `${text}.` }];
  // Others ask two or three indexers and take the newest version: a few copies are enough.
  const isEnough = where === "indexers" && of("newest").length >= 2 && of("older").length === 0;
  const matters = kind === RELAY_LIST_KIND || where === "indexers" && of("newest").length === 0;
  return [{
    level: isEnough || !matters ? "unsure" : "wrong",
    code,
    text: `${text}: ${lacking.slice(0, 3).join(", ")}${
      lacking.length > 3 ? ` and ${lacking.length - 3} more` : ""
    }.`,
    advice: "Send it there again: publish it in an app, or check --write.",
  }];
}

function copyAt(
  url: string,
  kind: number,
  { answers, newest, offers }: Pick<CheckSource, "answers" | "newest" | "offers">,
): Copy {
  // A relay that took the list just now has it.
  if (kind === RELAY_LIST_KIND && offers?.has(url) && !offers.get(url)) return "newest";
  const answer = answers.get(url);
  const versions = answer?.events.filter((event) => event.kind === kind) ?? [];
  if (versions.some(({ id }) => id === newest.get(kind)?.id)) return "newest";
  if (versions.length > 0) return "older";
  return answer === undefined || answer.failure || answer.proof === "unknown" ? "unknown" : "none";
}
