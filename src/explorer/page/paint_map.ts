/**
 * Paints the map's discs, dots and lines onto its canvas.
 *
 * @module
 */
import type { ExplorerState, Selection } from "./explorer_state.ts";
import { type Disc, dotAt } from "./map_layout.ts";
import { REACHES } from "./reaches.ts";

/** What is painted. */
export interface MapScene {
  readonly state: ExplorerState;
  readonly discs: readonly Disc[];
  /** From one dot to the next, in pixels. */
  readonly spacing: number;
  readonly selection: Selection | undefined;
}

/** The opacity of dots that are not selected, if any are. */
const FADED = 0.16;
/** Dots that cannot be told apart need no lines between them. */
const MAX_LINES = 400;

/** Paints the map anew. */
export function paintMap(canvas: HTMLCanvasElement, scene: MapScene): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = globalThis.devicePixelRatio || 1;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
    [canvas.width, canvas.height] = pixels;
  }
  const context = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);

  const isSelected = selectedPeople(scene);
  context.fillStyle = colour("disc");
  for (const { x, y, r } of scene.discs) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fill();
  }
  paintDots(context, scene, isSelected, colour);
  if (isSelected) paintLines(context, scene, isSelected, colour("line"));
}

/** Tells who is selected; `undefined` if nothing is. */
function selectedPeople(
  { state: { data, plan }, selection }: MapScene,
): ((person: number) => boolean) | undefined {
  if (selection === undefined) return undefined;
  if ("reach" in selection) return (person) => plan.people[person]?.reach === selection.reach;
  if ("person" in selection) return (person) => data.people[person]?.pubkey === selection.person;
  const here = plan.relays.find(({ relay }) => data.relays[relay].url === selection.relay);
  // A relay that is not asked: those who list it.
  const index = data.relays.findIndex(({ url }) => url === selection.relay);
  const people = here && new Set(here.people);
  return (person) => people?.has(person) ?? data.people[person]?.write?.includes(index) ?? false;
}

function paintDots(
  context: CanvasRenderingContext2D,
  { state: { plan }, discs, spacing }: MapScene,
  isSelected: ((person: number) => boolean) | undefined,
  colour: (name: string) => string,
): void {
  const size = Math.max(0.6, spacing * 0.62);
  for (const isFaded of isSelected ? [true, false] : [false]) {
    context.globalAlpha = isFaded ? FADED : 1;
    for (const reach of REACHES) {
      context.fillStyle = colour(reach);
      context.beginPath();
      for (const { people, x, y } of discs) {
        for (const [i, person] of people.entries()) {
          if (plan.people[person]?.reach !== reach) continue;
          if (isSelected && isSelected(person) === isFaded) continue;
          const [dx, dy] = dotAt(i, spacing);
          context.moveTo(x + dx + size, y + dy);
          context.arc(x + dx, y + dy, size, 0, 2 * Math.PI);
        }
      }
      context.fill();
    }
  }
  context.globalAlpha = 1;
}

/** Lines between the dots of one person in several discs. */
function paintLines(
  context: CanvasRenderingContext2D,
  { discs, spacing }: MapScene,
  isSelected: (person: number) => boolean,
  colour: string,
): void {
  const dots = new Map<number, [x: number, y: number][]>();
  for (const { people, x, y } of discs) {
    for (const [i, person] of people.entries()) {
      if (!isSelected(person)) continue;
      const [dx, dy] = dotAt(i, spacing);
      const others = dots.get(person);
      if (others) others.push([x + dx, y + dy]);
      else dots.set(person, [[x + dx, y + dy]]);
    }
  }
  const linked = [...dots.values()].filter(({ length }) => length > 1);
  context.strokeStyle = colour;
  context.globalAlpha = linked.length === 1 ? 1 : Math.max(0.08, Math.min(0.5, 20 / linked.length));
  context.lineWidth = linked.length === 1 ? 2 : 1;
  // Every few of many, spread evenly.
  const step = Math.ceil(linked.length / MAX_LINES);
  context.beginPath();
  for (let at = 0; at < linked.length; at += step) {
    const [[x, y], ...others] = linked[at];
    for (const [toX, toY] of others) {
      context.moveTo(x, y);
      const bend = 0.12;
      context.quadraticCurveTo(
        (x + toX) / 2 + (toY - y) * bend,
        (y + toY) / 2 - (toX - x) * bend,
        toX,
        toY,
      );
    }
  }
  context.stroke();
  context.globalAlpha = 1;
  if (linked.length + dots.size > 2) return;
  // One person: rings make the dots easy to find.
  context.lineWidth = 2;
  for (const [x, y] of [...dots.values()].flat()) {
    context.beginPath();
    context.arc(x, y, Math.max(5, spacing * 0.9), 0, 2 * Math.PI);
    context.stroke();
  }
}
