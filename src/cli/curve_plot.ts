/**
 * Draws a curve of shares in text, one column for each number of relays. Pure.
 *
 * @module
 */

/** What to draw. */
export interface CurvePlot {
  /** Shares from 0 to 1, for 1, 2, 3… relays: one column each. */
  readonly shares: readonly number[];
  /** The column to mark, from 1 on. */
  readonly marked: number;
  /** Lines of the plot, without its axis. */
  readonly height: number;
  /** Colours a line's columns, and the marked one. */
  readonly paint: {
    readonly curve: (text: string) => string;
    readonly mark: (text: string) => string;
  };
}

/** Parts of a line's height, from an eighth to all of it. */
const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** How far apart the numbers of the axis are. */
const AXIS_STEP = 10;

/** The lines of a plot, with percentages at the left and numbers of relays below. */
export function curvePlot({ shares, marked, height, paint }: CurvePlot): string {
  const lines: string[] = [];
  for (let line = height; line >= 1; line--) {
    const bars = shares.map((share) => barAt(share, line, height));
    const part = (from: number, to: number, paint: (text: string) => string) => {
      const text = bars.slice(from, to).join("");
      return text.trim() === "" ? text : paint(text);
    };
    const at = marked - 1;
    const drawn = marked < 1
      ? part(0, bars.length, paint.curve)
      : part(0, at, paint.curve) + part(at, marked, paint.mark) +
        part(marked, bars.length, paint.curve);
    const isLabelled = line === height || 2 * line === height || 2 * line === height + 1;
    const label = isLabelled ? `${Math.round((100 * line) / height)} %` : "";
    lines.push(`${label.padStart(6)} ┤${drawn.trimEnd()}`);
  }
  lines.push(`   0 % └${"─".repeat(shares.length)}`, `${" ".repeat(8)}${axis(shares.length)}`);
  return lines.join("\n");
}

/** The part of a column that is in a line; the first line is the lowest. */
function barAt(share: number, line: number, height: number): string {
  const eighths = Math.round(share * height * BARS.length) - (line - 1) * BARS.length;
  if (eighths <= 0) return " ";
  return BARS[Math.min(eighths, BARS.length) - 1];
}

/** The numbers 1, 10, 20… each under the end of its column. */
function axis(columns: number): string {
  let text = "1";
  for (let at = AXIS_STEP; at <= columns; at += AXIS_STEP) text = text.padEnd(at - 2) + `${at}`;
  return text;
}
