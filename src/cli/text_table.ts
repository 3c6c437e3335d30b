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
/** A last column is at least as wide as this, however narrow the terminal is. */
const MIN_LAST_COLUMN = 12;

/** A table with a line for each row; cells are plain text of one line. */
export function textTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { colors, columns: width }: Drawing,
): string {
  const others = columns.slice(0, -1).reduce(
    (sum, { head }, i) => sum + Math.max(head.length, ...rows.map((row) => row[i].length)) + 2,
    0,
  );
  const last = Math.max(MIN_LAST_COLUMN, width - others);
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
