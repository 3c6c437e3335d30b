/**
 * Where the names of the map's discs fit without covering a disc or each other. Pure.
 *
 * @module
 */

import type { Disc } from "./map_layout.ts";

/** A name, and the middle of its upper edge, in pixels. */
export interface MapLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** What labels need to know of the map. */
export interface LabelOptions {
  /** The map's width, in pixels. */
  readonly width: number;
  readonly textOf: (disc: Disc) => string;
}

/** About how wide a character is, in the font of the labels, and how high a line. */
const CHARACTER_WIDTH = 6.3;
const LINE_HEIGHT = 14;

/** A rectangle. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A label for each disc that has room for one, below it or above; the biggest come first. */
export function placeLabels(
  discs: readonly Disc[],
  { width, textOf }: LabelOptions,
): (MapLabel | undefined)[] {
  const labels = new Array<MapLabel | undefined>(discs.length).fill(undefined);
  const taken: Box[] = [];
  const bySize = [...discs.keys()].sort((a, b) => discs[b].r - discs[a].r || a - b);
  for (const index of bySize) {
    const disc = discs[index];
    const text = textOf(disc);
    const half = text.length * CHARACTER_WIDTH / 2 + 2;
    const x = Math.min(Math.max(disc.x, half), width - half);
    for (const y of [disc.y + disc.r + 1, disc.y - disc.r - LINE_HEIGHT - 1]) {
      const box = { left: x - half, right: x + half, top: y, bottom: y + LINE_HEIGHT };
      if (y < 0 || half * 2 > width || taken.some((other) => overlap(box, other))) continue;
      if (discs.some((other) => other !== disc && covers(other, box))) continue;
      taken.push(box);
      labels[index] = { text, x, y };
      break;
    }
  }
  return labels;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a disc covers some of a box. */
function covers({ x, y, r }: Disc, { left, right, top, bottom }: Box): boolean {
  const dx = x - Math.min(Math.max(x, left), right);
  const dy = y - Math.min(Math.max(y, top), bottom);
  return dx * dx + dy * dy < (r - 3) ** 2;
}
