/**
 * Puts what a check found into text. Pure.
 *
 * @module
 */

import type { CheckReport } from "./check_report.ts";
import type { CheckedRelay } from "./check_source.ts";
import { findingsText } from "./finding.ts";
import { nameOf, type Names } from "./people.ts";
import { printableLine } from "./printable.ts";
import type { Drawing } from "./streams.ts";
import { textTable } from "./text_table.ts";

/** The whole report. */
export function checkText(report: CheckReport, names: Names, drawing: Drawing): string {
  const { colors } = drawing;
  const { pubkey, relays, findings } = report;
  const wrong = findings.filter(({ level }) => level === "wrong").length;
  const end = wrong === 0
    ? colors.green("Nothing is wrong.")
    : colors.red(`${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong.`);
  return [
    `The relays of ${colors.bold(nameOf(pubkey, names))}`,
    ...relays.length > 0 ? [relayTable(relays, drawing)] : [],
    findingsText(findings, drawing),
    end,
  ].join("\n\n");
}

function relayTable(relays: readonly CheckedRelay[], drawing: Drawing): string {
  const { colors } = drawing;
  const rows = relays.map(({ url, uses, failure, accepts, refusal }) => [
    url,
    uses.join(", "),
    failure ? failure.reason : "answers",
    accepts === undefined ? "" : accepts ? "takes posts" : refusal?.reason ?? "",
    failure || refusal ? printableLine((failure ?? refusal)!.text, 100) : "",
  ]);
  return textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "for" },
      {
        head: "asked",
        paint: (cell) => cell === "answers" ? colors.green(cell) : colors.red(cell),
      },
      { head: "written to" },
      { head: "", paint: colors.dim },
    ],
    rows,
    drawing,
  );
}
