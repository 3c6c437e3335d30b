/**
 * The output of the benchmarks: markdown on stdout and progress on stderr, so that
 * stdout alone is a document that `deno fmt` leaves as it is.
 *
 * @module
 */

/** Reports progress on stderr. */
export function progress(text: string): void {
  console.error(`  ${text}`);
}

/** Prints one block of markdown, apart from the one before. */
export function print(block: string): void {
  console.log(printed ? `\n${block}` : block);
  printed = true;
}

let printed = false;

/** A paragraph in lines of at most 100 characters, which never end within `code`. */
export function prose(text: string): string {
  const lines: string[] = [];
  for (const [word] of text.matchAll(/(?:`[^`]*`|[^\s`])+/g)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= 100) {
      lines.push(`${lines.pop()} ${word}`);
    } else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * A markdown table with aligned columns.
 *
 * @param headers One title per column; the first column is text, the others are
 * figures and stand to the right.
 * @param rows As many cells as headers.
 */
export function table(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = headers.map((header, i) =>
    Math.max(3, header.length, ...rows.map((row) => row[i].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join(
        " | ",
      )
    } |`;
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(headers), line(rule), ...rows.map(line)].join("\n");
}

/** Milliseconds, with three digits that mean something: "0.123 ms". */
export function ms(value: number): string {
  return `${digits(value)} ms`;
}

/** The least and the greatest of a spread: "0.1–0.3". */
export function range({ min, max }: { readonly min: number; readonly max: number }): string {
  return `${digits(min)}–${digits(max)}`;
}

/** A ratio: "2.5". */
export function ratio(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** A share of 1 as a percentage: "97.5 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A count with commas between thousands: "10,000". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** The middle of some figures; the mean of the middle two of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function digits(value: number): string {
  if (value >= 100) return count(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}
