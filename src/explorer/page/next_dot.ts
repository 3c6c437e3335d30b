/**
 * Which dot of the map is the nearest in a direction. Pure.
 *
 * @module
 */

import { dotAt, type MapLayout } from "./map_layout.ts";

/** A dot: its disc, and which of the disc's people it is, both by index. */
export interface Dot {
  readonly disc: number;
  readonly index: number;
}

/** Where the arrow keys lead: a step along x and y, of which one is 0. */
export const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Where a dot is on the map, in pixels. */
export function dotPlace({ discs, spacing }: MapLayout, { disc, index }: Dot): [number, number] {
  const [x, y] = dotAt(index, spacing);
  return [discs[disc].x + x, discs[disc].y + y];
}

/** The nearest dot within 45 degrees of a direction; `undefined` if there is none. */
export function nextDot(
  layout: MapLayout,
  from: Dot,
  [dx, dy]: readonly [x: number, y: number],
): Dot | undefined {
  const [fromX, fromY] = dotPlace(layout, from);
  let next: Dot | undefined;
  let least = Infinity;
  for (const [disc, { people }] of layout.discs.entries()) {
    for (let index = 0; index < people.length; index++) {
      const [x, y] = dotPlace(layout, { disc, index });
      const along = (x - fromX) * dx + (y - fromY) * dy;
      const across = Math.abs((x - fromX) * dy) + Math.abs((y - fromY) * dx);
      const distance = along ** 2 + across ** 2;
      if (along > 0 && across <= along && distance < least) {
        [next, least] = [{ disc, index }, distance];
      }
    }
  }
  return next;
}
