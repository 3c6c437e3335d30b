/**
 * Where the map's discs and dots are: a disc for each relay, in it a dot for each person. Pure.
 *
 * @module
 */

// @ts-types="npm:@types/d3-force@^3.0.10"
import { forceCollide, forceLink, forceSimulation, forceX, forceY } from "d3-force";

/** What the map has a disc for. */
export interface MapNode {
  /** The same node has the same key in the next map. */
  readonly key: string;
  /** Who is in it, by index. */
  readonly people: readonly number[];
}

/** A node with its place, in pixels. */
export interface Disc extends MapNode {
  x: number;
  y: number;
  r: number;
}

/** The discs, and the distance from one dot to the next. */
export interface MapLayout {
  readonly discs: readonly Disc[];
  readonly spacing: number;
}

/** The share of the map that discs fill. */
const DENSITY = 0.54;
const MAX_SPACING = 9;
const MIN_SPACING = 1.2;
/** What a disc has around its dots. */
const RIM = 5;
/** What lies between discs, for their names. */
const GAP = 11;
const FIRST_TICKS = 160;
const NEXT_TICKS = 50;
/** The angle of the sunflower: dots fill a disc evenly. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Lays the map out: relays that share people lie near each other. Discs stay near `before`. */
export function mapLayout(
  nodes: readonly MapNode[],
  { width, height }: { readonly width: number; readonly height: number },
  before: readonly Disc[] = [],
): MapLayout {
  const spacing = spacingFor(nodes, width * height * DENSITY);
  const placed = new Map(before.map((disc) => [disc.key, disc]));
  const isNew = placed.size === 0;
  const discs = nodes.map((node, i): Disc => {
    const r = spacing * Math.sqrt(node.people.length) + RIM;
    const { x, y } = placed.get(node.key) ?? {
      x: width / 2 + Math.cos(i * GOLDEN_ANGLE) * width * 0.4 * Math.sqrt(i / nodes.length),
      y: height / 2 + Math.sin(i * GOLDEN_ANGLE) * height * 0.4 * Math.sqrt(i / nodes.length),
    };
    return { ...node, x, y, r };
  });
  const links = sharedLinks(nodes);
  const aspect = height / width;
  const simulation = forceSimulation(discs)
    .force("collide", forceCollide<Disc>(({ r }) => r + GAP).iterations(3))
    .force("x", forceX<Disc>(width / 2).strength(0.035 * Math.min(1, aspect)))
    .force("y", forceY<Disc>(height / 2).strength(0.035 * Math.min(1, 1 / aspect)))
    .force("link", forceLink<Disc, Link>(links).strength(({ weight }) => 0.02 * weight).distance(0))
    .alpha(isNew ? 1 : 0.3)
    .stop();
  for (let tick = isNew ? FIRST_TICKS : NEXT_TICKS; tick > 0; tick--) {
    simulation.tick();
    for (const disc of discs) {
      disc.x = within(disc.x, disc.r + 2, width - disc.r - 2);
      disc.y = within(disc.y, disc.r + 2, height - disc.r - GAP - 8);
    }
  }
  centre(discs, width, height);
  return { discs: discs.map(({ key, people, x, y, r }) => ({ key, people, x, y, r })), spacing };
}

/** Moves all discs to the middle of the map; they leave room for a name below the lowest. */
function centre(discs: readonly Disc[], width: number, height: number): void {
  const shift = (name: "x" | "y", size: number) => {
    const low = Math.min(...discs.map((disc) => disc[name] - disc.r));
    const high = Math.max(...discs.map((disc) => disc[name] + disc.r));
    for (const disc of discs) disc[name] += (size - low - high) / 2;
  };
  shift("x", width);
  shift("y", height - GAP - 6);
}

/** Where a dot is, from the middle of its disc. */
export function dotAt(index: number, spacing: number): readonly [x: number, y: number] {
  const distance = spacing * Math.sqrt(index + 0.5) * DOTS_IN;
  const angle = index * GOLDEN_ANGLE;
  return [distance * Math.cos(angle), distance * Math.sin(angle)];
}

/** How far dots reach: as many fill a disc. */
const DOTS_IN = 0.97;

/** The dot of a disc nearest to a point from its middle, if it is near; else -1. */
export function dotNear(x: number, y: number, count: number, spacing: number): number {
  let nearest = -1;
  let least = (spacing * 1.1) ** 2;
  for (let i = 0; i < count; i++) {
    const [dx, dy] = dotAt(i, spacing);
    const distance = (dx - x) ** 2 + (dy - y) ** 2;
    if (distance < least) [nearest, least] = [i, distance];
  }
  return nearest;
}

/** Two discs that share people, by index. */
interface Link {
  readonly source: number;
  readonly target: number;
  /** The share of the smaller one's people, from 0 to 1. */
  readonly weight: number;
}

function sharedLinks(nodes: readonly MapNode[]): Link[] {
  const discsOf = new Map<number, number[]>();
  for (const [i, { people }] of nodes.entries()) {
    for (const person of people) {
      const discs = discsOf.get(person);
      if (discs) discs.push(i);
      else discsOf.set(person, [i]);
    }
  }
  const shared = new Map<number, number>();
  for (const discs of discsOf.values()) {
    for (const [i, source] of discs.entries()) {
      for (const target of discs.slice(i + 1)) {
        const key = source * nodes.length + target;
        shared.set(key, (shared.get(key) ?? 0) + 1);
      }
    }
  }
  return [...shared].map(([key, people]) => {
    const source = Math.floor(key / nodes.length);
    const target = key % nodes.length;
    const least = Math.min(nodes[source].people.length, nodes[target].people.length);
    return { source, target, weight: people / least };
  });
}

/** The largest distance between dots with which all discs have room. */
function spacingFor(nodes: readonly MapNode[], area: number): number {
  let low = MIN_SPACING, high = MAX_SPACING;
  for (let i = 0; i < 20; i++) {
    const spacing = (low + high) / 2;
    const needed = nodes.reduce(
      (sum, { people }) =>
        sum + Math.PI * (spacing * Math.sqrt(people.length) + RIM + GAP / 2) ** 2,
      0,
    );
    if (needed > area) high = spacing;
    else low = spacing;
  }
  return low;
}

function within(value: number, least: number, most: number): number {
  return most < least ? (least + most) / 2 : Math.min(Math.max(value, least), most);
}
