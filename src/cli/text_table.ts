/**
 * Draws tables in text: columns without lines, and the last as wide as the terminal allows. Pure.
 *
 * @module
 */

import Table from "cli-table3";
import type { Drawing } from "./streams.ts";

/** A column of a table. */
export interface TableColumn {
  readonly head: string;
  /** @default "left" */
  readonly align?: "left" | "right";
  /** Colours a cell, which is plain text. @default as it is */
  readonly paint?: (cell: string, row: number) => string;
}

/** The space between two columns. */
const GAP = "  ";
/** A longer last column is cut, but not to less than this, however narrow the terminal is. */
const MIN_LAST_COLUMN = 12;

/** A table with a line for each row; cells are plain text of one line. Leaves out empty columns. */
export function textTable(
  allColumns: readonly TableColumn[],
  allRows: readonly (readonly string[])[],
  { colors, columns: width }: Drawing,
): string {
  const isUsed = (_: unknown, i: number) => allRows.some((row) => row[i] !== "");
  const columns = allColumns.filter(isUsed);
  const rows = allRows.map((row) => row.filter(isUsed));
  const widths = columns.map(({ head }, i) =>
    Math.max(head.length, ...rows.map((row) => row[i].length))
  );
  const others = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP.length, 0);
  const last = Math.min(widths.at(-1)!, Math.max(MIN_LAST_COLUMN, width - others));
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: columns.map(({ head }) => colors.dim(head)),
    colAligns: columns.map(({ align = "left" }) => align),
    colWidths: columns.map((_, i) => i === columns.length - 1 ? last : null),
  });
  rows.forEach((row, at) => {
    table.push(row.map((cell, i) => columns[i].paint?.(cell, at) ?? cell));
  });
  return table.toString().replace(/ +$/gm, "");
}

const NO_LINES = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "" },
  ...{ right: "", "right-mid": "", middle: GAP },
};
