/**
 * Puts the report on a plan into text. Pure.
 *
 * @module
 */

import { curvePlot } from "./curve_plot.ts";
import { nameOf, type Names } from "./people.ts";
import { peopleShown, personTable } from "./person_table.ts";
import type { PlanReport, UnreachedPerson, UnreachedReason } from "./plan_report.ts";
import { relayState } from "./relay_text.ts";
import type { Drawing } from "./streams.ts";
import { many, percentage } from "./text.ts";
import { textTable } from "./text_table.ts";

/** Most names in a line. */
const MAX_NAMES = 8;
/** Lines of the plot, and what stands left of it. */
const PLOT_HEIGHT = 8, PLOT_MARGIN = 8;
/** What stands left of the figures. */
const LABEL_WIDTH = 20;

/** The people whom the text names, so that their names can be looked up. */
export function namedPeople(report: PlanReport, maxPeople: number): string[] {
  const { pubkey, relays, unreached } = report;
  const listed = relays.flatMap(({ people }) => people.slice(0, MAX_NAMES));
  const byReason = [...Map.groupBy(unreached, ({ reason }) => reason).values()];
  const missing = byReason.flatMap((group) => group.slice(0, MAX_NAMES));
  const rows = peopleShown(report, maxPeople);
  return [...new Set([pubkey, ...listed, ...rows, ...missing.map(({ pubkey }) => pubkey)])];
}

/** The whole report, with a row for so many people at most. */
export function planText(
  report: PlanReport,
  maxPeople: number,
  names: Names,
  drawing: Drawing,
): string {
  return [
    headline(report, names, drawing),
    relayTable(report, names, drawing),
    personTable(report, maxPeople, names, drawing),
    curveText(report, drawing),
    unreachedText(report, names, drawing),
  ].filter((part) => part !== "").join("\n\n");
}

function headline(report: PlanReport, names: Names, { colors }: Drawing): string {
  const { pubkey, follows, once, twice, relays } = report;
  return `${colors.bold(nameOf(pubkey, names))} follows ${many(follows, "person", "people")}. ` +
    `${many(relays.length, "relay", "relays")} would be asked: for ${
      once.toLocaleString("en")
    } of them ` +
    `(${percent(once, follows)}) a relay of their own, for ${twice.toLocaleString("en")} (${
      percent(twice, follows)
    }) two.`;
}

function relayTable({ relays }: PlanReport, names: Names, drawing: Drawing): string {
  if (relays.length === 0) return "";
  const { colors } = drawing;
  const rows = relays.map(({ url, people, alone, report }) => {
    const shown = people.slice(0, MAX_NAMES).map((pubkey) => nameOf(pubkey, names));
    const counts = [`${people.length}`, alone === 0 ? "" : `${alone}`];
    return [url, ...counts, relayState(report), shown.join(", ")];
  });
  return textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "people", align: "right" },
      { head: "only here", align: "right" },
      { head: "seen so far", paint: colors.dim },
      { head: "for instance" },
    ],
    rows,
    drawing,
  );
}

/** At which numbers of relays the curve is also written in figures. */
const FIGURES = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50];

function curveText({ curve, follows, maxRelays }: PlanReport, drawing: Drawing): string {
  const { colors, columns } = drawing;
  if (curve.length === 0 || follows === 0) return "";
  const plot = curvePlot({
    shares: curve.map(({ once }) => once / follows),
    marked: maxRelays,
    height: PLOT_HEIGHT,
    paint: { curve: colors.blue, mark: colors.yellow },
  });
  const points = curve.filter((point) =>
    FIGURES.includes(point.maxRelays) || point.maxRelays === maxRelays
  );
  const cell = Math.max(...points.map(({ maxRelays }) => `${maxRelays}`.length), 4) + 2;
  const most = Math.max(1, Math.floor((columns - LABEL_WIDTH) / cell));
  const step = Math.ceil(points.length / most);
  const shown = points.filter((_, i) => i % step === 0);
  const row = (label: string, cells: readonly string[]) =>
    `  ${label}`.padEnd(LABEL_WIDTH) + cells.map((text) => text.padStart(cell)).join("");
  return [
    colors.bold("Who is asked for at a relay of their own, by the number of relays"),
    ...PLOT_MARGIN + curve.length > columns ? [] : [plot],
    row("relays", shown.map(({ maxRelays }) => `${maxRelays}`)),
    row("at one relay, %", shown.map(({ once }) => percentage(once, follows))),
    row("at two relays, %", shown.map(({ twice }) => percentage(twice, follows))),
  ].join("\n");
}

function unreachedText({ unreached }: PlanReport, names: Names, { colors }: Drawing): string {
  if (unreached.length === 0) return "";
  const groups = [...Map.groupBy(unreached, ({ reason }) => reason)]
    .sort(([, a], [, b]) => b.length - a.length);
  const lines = groups.flatMap(([reason, people]) => [
    `  ${colors.yellow(`${people.length}`)} ${unreachedFor(reason, people.length)}; ${
      whereAsked(people)
    }`,
    `    ${namesText(people, names)}`,
    ...reason === "unusable" ? refusedLines(people, colors.dim) : [],
  ]);
  return [colors.bold("Who is not asked for at a relay of their own"), ...lines].join("\n");
}

function unreachedFor(reason: UnreachedReason, count: number): string {
  const text = UNREACHED[reason];
  return count === 1 ? text.replace(/^have /, "has ").replace(/^are /, "is ") : text;
}

const UNREACHED: Readonly<Record<UnreachedReason, string>> = {
  "none": "have no relay list: indexers were asked, and have none",
  "unusable": "have a relay list that names no relay to connect to",
  "not-answered": "have no known relay list: too few relays answered the search",
  "searching": "have no known relay list yet: the search goes on",
  "not-searched": "have no known relay list: nobody was asked",
  "cap": "have relays that are not among those asked: raise --max-relays",
  "invalid-pubkey": "are named by no valid public key, so no event can be theirs",
};

function whereAsked(people: readonly UnreachedPerson[]): string {
  const hinted = people.filter(({ isHinted }) => isHinted).length;
  const nowhere = people.filter(({ relays }) => relays.length === 0).length;
  const parts = [
    hinted > 0 ? `${hinted} asked for where hints say` : "",
    people.length - hinted - nowhere > 0
      ? `${people.length - hinted - nowhere} asked for at fallback relays`
      : "",
    nowhere > 0 ? `${nowhere} asked for nowhere` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function namesText(people: readonly UnreachedPerson[], names: Names): string {
  const shown = people.slice(0, MAX_NAMES).map(({ pubkey }) => nameOf(pubkey, names)).join(", ");
  return people.length > MAX_NAMES ? `${shown} and ${people.length - MAX_NAMES} more` : shown;
}

/** Most refused relays that are shown. */
const MAX_REFUSED = 5;

/** The relays that are not connected to, by how many lists name them. */
function refusedLines(
  people: readonly UnreachedPerson[],
  paint: (text: string) => string,
): string[] {
  const all = people.flatMap(({ skipped }) =>
    skipped.map(({ url, reason }) => `${url.slice(0, 60)} (${reason})`)
  );
  return [...Map.groupBy(all, (text) => text)].sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MAX_REFUSED).map(([text]) => paint(`    not connected to: ${text}`));
}

function percent(part: number, all: number): string {
  return `${percentage(part, all)} %`;
}
