/**
 * What the demo prints: headings, progress, a table.
 *
 * @module
 */

import type { Result } from "./measure.ts";

/** Prints lines, with bold and grey where the output is a terminal. */
export class Report {
  readonly #print: (line: string) => void;
  readonly #color: boolean;

  constructor(print: (line: string) => void = console.log) {
    this.#print = print;
    this.#color = print === console.log && Deno.stdout.isTerminal() && !Deno.noColor;
  }

  /** One line. */
  line(text = ""): void {
    this.#print(text);
  }

  /** A heading with an empty line above it. */
  heading(text: string): void {
    this.#print(`\n${this.#style(1, text)}`);
  }

  /** A remark. */
  note(text: string): void {
    this.#print(this.#style(2, `  ${text}`));
  }

  /** Runs some work, and prints its name and how long it took. */
  async step<T>(what: string, run: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    this.#print(`  ${what.padEnd(68)}${this.#style(2, `${seconds.padStart(5)} s`)}`);
    return result;
  }

  /** The results of the comparison side by side. */
  results(results: readonly Result[]): void {
    this.table(ROWS, results, BOLD_ROWS);
  }

  /** Columns side by side, the first rows in bold. */
  table<T>(rows: readonly Row<T>[], columns: readonly T[], bold: number): void {
    const cells = rows.map(([label, value]) => [label, ...columns.map(value)]);
    const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
    cells.forEach((row, i) => {
      const padded = row.map((cell, j) =>
        j === 0 ? cell.padEnd(widths[j]) : cell.padStart(widths[j])
      );
      const text = `  ${padded.join("   ")}`;
      this.#print(i < bold ? this.#style(1, text) : text);
      if (i === 0) this.#print(this.#style(2, `  ${"─".repeat(text.length - 2)}`));
    });
  }

  #style(code: 1 | 2, text: string): string {
    return this.#color ? `\x1b[${code}m${text}\x1b[22m` : text;
  }
}

/** `1,234` */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1,234  56 %` */
export function share(part: number, whole: number): string {
  return `${count(part)} ${String(Math.floor(100 * part / whole)).padStart(3)} %`;
}

/** A line of a table: its title, and its cell for a column. */
export type Row<T> = readonly [label: string, value: (column: T) => string];

const ROWS: readonly Row<Result>[] = [
  ["", ({ name }) => name],
  ["posts found, of those that exist", ({ found, exist }) => share(found, exist)],
  [
    "  of people with a relay list",
    ({ foundListed, existListed }) => share(foundListed, existListed),
  ],
  ["people heard, of those who posted", ({ heard, posted }) => share(heard, posted)],
  [
    "replies on a relay their reader looks at",
    ({ delivered, replies }) => share(delivered, replies),
  ],
  ["relays asked for lists and posts", ({ asked }) => count(asked)],
  ["filters sent", ({ filters }) => count(filters)],
  ["events moved", ({ moved }) => count(moved)],
  ["events moved per post found", ({ moved, found }) => (moved / found).toFixed(2)],
  ["connections opened, for replies too", ({ connections }) => count(connections)],
  ["time to the last post", ({ seconds }) => `${seconds.toFixed(1)} s`],
];
/** The rows in bold: the heads of the columns, and the results that matter most. */
const BOLD_ROWS = 5;
