/**
 * Puts into text where each person is asked for. Pure.
 *
 * @module
 */

import type { SubjectRoute } from "../plan/route_report.ts";
import { nameOf, type Names } from "./people.ts";
import type { PlanReport } from "./plan_report.ts";
import type { Drawing } from "./streams.ts";
import { many } from "./text.ts";
import { textTable } from "./text_table.ts";

/** Where one person is asked for. */
interface PersonRow {
  readonly pubkey: string;
  readonly reason: SubjectRoute["reason"];
  /** Those of their list or of hints first, best first. */
  readonly relays: readonly string[];
}

/** The people whom the table shows, so that their names can be looked up. */
export function peopleShown(report: PlanReport, most: number): string[] {
  return personRows(report).slice(0, most).map(({ pubkey }) => pubkey);
}

/** A row for each of the first people: whoever is asked for at the fewest relays comes first. */
export function personTable(
  report: PlanReport,
  most: number,
  names: Names,
  drawing: Drawing,
): string {
  const { colors } = drawing;
  const rows = personRows(report);
  const shown = rows.slice(0, most);
  if (shown.length === 0) return "";
  const table = textTable(
    [
      { head: "person", paint: colors.bold },
      { head: "relays", align: "right" },
      { head: "known from", paint: colors.dim },
      { head: "asked for at", paint: colors.cyan },
    ],
    shown.map(({ pubkey, reason, relays }) => [
      nameOf(pubkey, names),
      `${relays.length}`,
      SOURCES[reason],
      relays.map(shortUrl).join(", "),
    ]),
    drawing,
  );
  const left = rows.length - shown.length;
  if (left === 0) return table;
  const more = `and ${many(left, "person", "people")} more; see --people, --json has all`;
  return `${table}\n${colors.dim(more)}`;
}

const SOURCES: Readonly<Record<SubjectRoute["reason"], string>> = {
  "list": "their list",
  "hint": "hints",
  "indexer": "indexers",
  "no-list": "nothing",
  "cap": "their list, cut",
  "no-dm-list": "nothing",
  "no-group-host": "nothing",
  "invalid-pubkey": "no valid key",
};

function personRows({ people, relays }: PlanReport): PersonRow[] {
  const asked = new Map<string, string[]>();
  for (const { url, people } of relays) {
    for (const person of people) {
      const others = asked.get(person);
      if (others) others.push(url);
      else asked.set(person, [url]);
    }
  }
  return people.map(({ subject, reason, relays }) => ({
    pubkey: subject,
    reason,
    relays: [...new Set([...relays, ...asked.get(subject) ?? []])],
  })).sort((a, b) => a.relays.length - b.relays.length);
}

/** A relay without what nearly all have in common. */
function shortUrl(url: string): string {
  return url.replace(/^wss:\/\//, "").replace(/\/$/, "");
}
