/**
 * Puts the report on somebody's posts into text. Pure.
 *
 * @module
 */

import { findingsText } from "./finding.ts";
import { nameOf, type Names } from "./people.ts";
import { printableLine } from "./printable.ts";
import type { Drawing } from "./streams.ts";
import { dateTime, many } from "./text.ts";
import { textTable } from "./text_table.ts";
import type { PersonPlace, WhyPersonReport } from "./why_person_report.ts";

/** The whole report. */
export function whyPersonText(report: WhyPersonReport, names: Names, drawing: Drawing): string {
  const { colors } = drawing;
  const { posts, relays, pubkey } = report;
  const title = `Where the newest ${many(posts.length, "post", "posts")} of ` +
    `${colors.bold(nameOf(pubkey, names))} are`;
  const rows = relays.map(({ url, held, newest, proof, places, failure }) => [
    url,
    failure ? "-" : `${held}`,
    newest === undefined ? "" : dateTime(newest),
    proof,
    places.map((place) => PLACES[place]).join(", "),
    failure ? printableLine(`${failure.reason}: ${failure.text}`, 100) : "",
  ]);
  const paint = (cell: string, row: number) => {
    const { failure, held } = relays[row];
    if (failure) return colors.yellow(cell);
    return held === posts.length ? colors.green(cell) : colors.red(cell);
  };
  const table = textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "posts", align: "right", paint },
      { head: "newest" },
      { head: "proof" },
      { head: "why there" },
      { head: "", paint: colors.dim },
    ],
    rows,
    drawing,
  );
  return [title, table, findingsText(report.findings, drawing)].join("\n\n");
}

const PLACES: Readonly<Record<PersonPlace, string>> = {
  write: "their list",
  reader: "apps ask",
  fallback: "fallback",
};
