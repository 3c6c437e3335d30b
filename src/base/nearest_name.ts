/**
 * Finds the name that a misspelled one was meant to be.
 *
 * @module
 */

/**
 * Of some names the one that takes the fewest edits to reach, case aside: letters inserted, left
 * out or replaced. Of several, the first; `undefined` if there are none.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Infinity;
  for (const other of names) {
    const count = edits(name.toLowerCase(), other.toLowerCase());
    if (count < fewest) [nearest, fewest] = [other, count];
  }
  return nearest;
}

/** How many edits make one text the other (Levenshtein). */
function edits(from: string, to: string): number {
  let before = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = before[j - 1] + Number(from[i - 1] !== to[j - 1]);
      row.push(Math.min(replaced, before[j] + 1, row[j - 1] + 1));
    }
    before = row;
  }
  return before[to.length];
}
