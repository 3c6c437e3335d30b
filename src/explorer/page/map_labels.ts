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
  /** The map's size, in pixels. */
  readonly width: number;
  readonly height: number;
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
  { width, height, textOf }: LabelOptions,
): (MapLabel | undefined)[] {
  const labels = new Array<MapLabel | undefined>(discs.length).fill(undefined);
  const taken: Box[] = [];
  const bySize = [...discs.keys()].sort((a, b) => discs[b].r - discs[a].r || a - b);
  for (const index of bySize) {
    const disc = discs[index];
    const text = textOf(disc);
    const half = text.length * CHARACTER_WIDTH / 2 + 2;
    for (const [x, y] of placesFor(disc, half, width)) {
      const box = { left: x - half, right: x + half, top: y, bottom: y + LINE_HEIGHT };
      const isInside = y >= 0 && box.bottom <= height && box.left >= 0 && box.right <= width;
      if (!isInside || taken.some((other) => overlap(box, other))) continue;
      if (discs.some((other) => other !== disc && covers(other, box))) continue;
      taken.push(box);
      labels[index] = { text, x, y };
      break;
    }
  }
  return labels;
}

/** Below, above, right, left, inside: the middle of a label's upper edge. */
function placesFor(
  { x, y, r }: Disc,
  half: number,
  width: number,
): readonly (readonly [x: number, y: number])[] {
  const middle = Math.min(Math.max(x, half), width - half);
  const beside = y - LINE_HEIGHT / 2;
  return [
    [middle, y + r + 1],
    [middle, y - r - LINE_HEIGHT - 1],
    [x + r + half + 1, beside],
    [x - r - half - 1, beside],
    // Over its own dots, where there are enough of them.
    ...r > half + 4 ? [[x, y + r * 0.55] as const] : [],
  ];
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
