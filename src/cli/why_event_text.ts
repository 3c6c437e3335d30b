/**
 * Puts the report on an event into text. Pure.
 *
 * @module
 */

import type { WhyPlace, WhyRelay } from "./event_places.ts";
import { findingsText } from "./finding.ts";
import { nameOf, type Names } from "./people.ts";
import { printableLine } from "./printable.ts";
import type { Drawing } from "./streams.ts";
import { dateTime } from "./text.ts";
import { textTable } from "./text_table.ts";
import type { WhyEventReport } from "./why_event_report.ts";

/** Most characters of a post. */
const MAX_CONTENT = 70;

/** The whole report. */
export function whyEventText(report: WhyEventReport, names: Names, drawing: Drawing): string {
  return [headline(report, names, drawing), relayTable(report.relays, drawing)]
    .concat(findingsText(report.findings, drawing)).join("\n\n");
}

function headline({ event, author }: WhyEventReport, names: Names, { colors }: Drawing): string {
  if (!event) {
    return author === undefined
      ? "The event was not found."
      : `The event of ${colors.bold(nameOf(author, names))} was not found.`;
  }
  const { pubkey, kind, created_at, content } = event;
  const what = `Kind ${kind} by ${colors.bold(nameOf(pubkey, names))}, ${dateTime(created_at)}`;
  return content === "" ? what : `${what}\n  ${colors.dim(printableLine(content, MAX_CONTENT))}`;
}

function relayTable(relays: readonly WhyRelay[], drawing: Drawing): string {
  const { colors } = drawing;
  const paint = (cell: string, row: number) => {
    const { answer } = relays[row];
    if (answer === "has") return colors.green(cell);
    return answer === "lacks" || answer === "older" ? colors.red(cell) : colors.yellow(cell);
  };
  const rows = relays.map((relay) => [
    printableLine(relay.url),
    ANSWERS[relay.answer],
    relay.answer === "has" || relay.answer === "refused" ? "" : relay.proof,
    [...new Set(relay.places.map((place) => PLACES[place]))].join(", "),
    relay.failure ? printableLine(`${relay.failure.reason}: ${relay.failure.text}`, 100) : "",
  ]);
  return textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "answer", paint },
      { head: "proof" },
      { head: "why there" },
      { head: "", paint: colors.dim },
    ],
    rows,
    drawing,
  );
}

const ANSWERS: Readonly<Record<WhyRelay["answer"], string>> = {
  has: "has it",
  older: "has an older one",
  lacks: "lacks it",
  unknown: "unknown",
  refused: "not asked",
};

const PLACES: Readonly<Record<WhyPlace, string>> = {
  outbox: "author's list",
  inbox: "inbox",
  spread: "author's list",
  dm: "messages",
  private: "drafts",
  group: "group",
  indexer: "indexer",
  named: "named",
  hint: "hint",
  fallback: "fallback",
  link: "the code",
  reader: "apps ask",
  blocked: "user blocks it",
  seen: "seen there",
};
