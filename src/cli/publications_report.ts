/**
 * Says how far published events are at each of their relays. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { noteEncode } from "nostr-tools/nip19";
import { homeOf, isOpenTarget, type PublicationTarget } from "../ledger/publication.ts";
import { printableLine } from "./printable.ts";
import type { Drawing } from "./streams.ts";
import { dateTime, duration, many } from "./text.ts";
import { textTable } from "./text_table.ts";

/** What is known of an event that was published. */
export interface PublishedEvent {
  readonly event: NostrEvent;
  /** When it was published, in milliseconds since 1970. */
  readonly publishedAt: number;
  readonly targets: readonly PublicationTarget[];
  /** Why it goes nowhere; absent if it goes somewhere. */
  readonly refusal?: string;
}

/** Whether one of the author's own relays has an event, or another that counts as much. */
export function isSafe({ targets }: Pick<PublishedEvent, "targets">): boolean {
  return homeOf(targets).some(({ state }) => state === "taken");
}

/** How many of these relays are tried on. */
export function pendingCount(events: readonly PublishedEvent[]): number {
  return events.flatMap(({ targets }) => targets.filter(isOpenTarget)).length;
}

/** The report for a program. */
export function publicationsJson(events: readonly PublishedEvent[]): string {
  return JSON.stringify(
    events.map((one) => ({
      ...one,
      state: one.targets.some(isOpenTarget) ? "pending" : "done",
      safe: isSafe(one),
    })),
    null,
    2,
  );
}

/** The report as text; `now` is in milliseconds since 1970. */
export function publicationsText(
  events: readonly PublishedEvent[],
  now: number,
  drawing: Drawing,
): string {
  if (events.length === 0) return "Nothing was published from here.";
  return events.map((one) => publicationText(one, now, drawing)).join("\n\n");
}

function publicationText(one: PublishedEvent, now: number, drawing: Drawing): string {
  const { colors } = drawing;
  const { event: { id, kind, content }, publishedAt, targets, refusal } = one;
  const code = noteEncode(id);
  const title = `${colors.bold(`${code.slice(0, 16)}…`)} kind ${kind}, published ` +
    `${dateTime(Math.floor(publishedAt / 1000))}`;
  const text = content === "" ? "" : `\n  ${colors.dim(printableLine(content, 70))}`;
  if (refusal !== undefined) return `${title}${text}\n  ${colors.red(printableLine(refusal, 300))}`;
  const taken = targets.filter(({ state }) => state === "taken").length;
  const summary = `  ${isSafe(one) ? colors.green("safe") : colors.yellow("not safe yet")}: ` +
    `${taken} of ${many(targets.length, "relay has", "relays have")} it`;
  const paint = (cell: string, row: number) => {
    const { state } = targets[row];
    if (state === "taken") return colors.green(cell);
    return isOpenTarget(targets[row]) ? colors.yellow(cell) : colors.red(cell);
  };
  const rows = targets.map(({ relay, why, state, tries, nextAt, reason }) => [
    relay,
    WHY[why] ?? why,
    state,
    tries === 0 ? "" : `${tries}`,
    nextAt === undefined || state === "taken" ? "" : duration(Math.max(0, nextAt - now)),
    printableLine(reason ?? "", 100),
  ]);
  const table = textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "why there" },
      { head: "state", paint },
      { head: "tries", align: "right" },
      { head: "again in", align: "right" },
      { head: "", paint: colors.dim },
    ],
    rows,
    { ...drawing, columns: drawing.columns - 2 },
  );
  return `${title}${text}\n${summary}\n${table.replace(/^/gm, "  ")}`;
}

const WHY: Readonly<Partial<Record<PublicationTarget["why"], string>>> = {
  own: "author's list",
  inbox: "inbox",
  spread: "author's list",
  dm: "messages",
};
