/**
 * Small pieces of text that several commands write. Pure.
 *
 * @module
 */

/** A number and its noun. */
export function many(count: number, one: string, more: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
}

/** A part of all as a whole percentage, without the sign. */
export function percentage(part: number, all: number): string {
  return all === 0 ? "0" : `${Math.round((100 * part) / all)}`;
}

/** A time in Unix seconds, in UTC and to the minute; the number, if it is no time. */
export function dateTime(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime())
    ? `${time}`
    : date.toISOString().slice(0, 16).replace("T", " ");
}

/** A length of time in milliseconds, in the largest unit that fits. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
