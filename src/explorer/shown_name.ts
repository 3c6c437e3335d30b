/**
 * Names that strangers chose for themselves, cut and cleaned for one line of text. Pure.
 *
 * @module
 */

/** Most characters (code points) of a name. */
export const MAX_NAME_LENGTH = 60;

/** Most UTF-16 units of a name that are looked at: some have megabytes. */
const MAX_READ_LENGTH = 1_000;
/** Combining marks in a row beyond which letters pile up over other lines. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;
/**
 * Control characters, and format characters that turn the direction of what follows; but the joiners
 * of scripts and emoji stay.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]|(?![\u200c\u200d])\p{Cf}/gu;

/**
 * A name as it is shown. It is text, not HTML.
 *
 * @returns `undefined` if nothing of it can be seen.
 */
export function shownName(name: string | undefined): string | undefined {
  const clean = (name ?? "").slice(0, MAX_READ_LENGTH).replace(UNSEEN, " ")
    .replace(PILED_MARKS, "$1").replace(/\s+/g, " ").trim();
  if (!/[^\s\p{M}\u200c\u200d]/u.test(clean)) return undefined;
  const points = [...clean];
  if (points.length <= MAX_NAME_LENGTH) return clean;
  return points.slice(0, MAX_NAME_LENGTH - 1).join("").trimEnd() + "…";
}
