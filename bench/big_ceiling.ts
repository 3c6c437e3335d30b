/**
 * What twenty relays could hold for a big account, if they were chosen by other rules: the world of
 * `big.ts` in many draws, without sockets.
 *
 * Every rule knows all lists, and which relays live. It chooses greedily, as the planner does, and
 * asks two relays for each author with a list, and fallback and popular relays for the others.
 *
 * @module
 */

import { createWorld, type World } from "../testing/world/world.ts";
import { count, median, percent, print, prose, table } from "./report.ts";
import { drawNatures } from "./sim_nature.ts";

const FOLLOWS = 1_328, RELAYS = 200, DAYS = 7, FALLBACKS = 2;
const FIRST_DRAW = 2, DRAWS = 40;
/** What is enough. */
const GOAL = 0.98;

/** How relays are chosen. */
interface Rule {
  readonly relays?: number;
  /** What a second relay of somebody is worth, of a first. */
  readonly second?: number;
  /** Whether relays are exchanged for others, one by one, until no exchange gains anything. */
  readonly isExchanged?: boolean;
  readonly popularRelays?: number;
  /** Which share of the lists names a popular relay. */
  readonly popularShare?: number;
  /** What an author is worth; `before`: what today's rule finds. */
  readonly worth?: (draw: Draw, before: Plan) => (author: string) => number;
}

const isSilent = (draw: Draw, { posts, relays }: Plan) => (author: string) =>
  !posts.has(author) && !isLeftOut(draw, relays, author);

const RULES: readonly (readonly [string, Rule])[] = [
  ["20 relays, as today", {}],
  ["the same, exchanged one by one until nothing gains", { isExchanged: true }],
  ["a second relay of somebody is worth a quarter, not half", { second: 1 / 4 }],
  ["an eighth", { second: 1 / 8 }],
  ["who was silent a session ago is worth a tenth", {
    worth: (draw, before) => (author) => isSilent(draw, before)(author) ? 0.1 : 1,
  }],
  ["both that and a quarter", {
    second: 1 / 4,
    worth: (draw, before) => (author) => isSilent(draw, before)(author) ? 0.1 : 1,
  }],
  ["people are worth what they posted a session ago", {
    // Of those who are left out as much is expected as of others.
    worth: (draw, { posts, relays }) => (author) =>
      isLeftOut(draw, relays, author) ? 12 : posts.get(author) ?? 0.2,
  }],
  ["people are worth what they post, left out or not (a quarter)", {
    second: 1 / 4,
    worth: ({ posts }) => (author) => posts.get(author) ?? 0,
  }],
  ["16 popular relays of those that one list in twenty names", {
    popularRelays: 16,
    popularShare: 1 / 20,
  }],
  ["25 relays", { relays: 25 }],
  ["30 relays", { relays: 30 }],
  ["40 relays", { relays: 40 }],
];

/** One world. */
interface Draw {
  readonly world: World;
  /** The living relays of each author with a list. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly fallbacks: readonly string[];
  /** How many posts of each author a living relay holds. */
  readonly posts: ReadonlyMap<string, number>;
}

/** What a rule comes to. */
interface Plan {
  readonly relays: readonly string[];
  /** How many posts of each author are found. */
  readonly posts: ReadonlyMap<string, number>;
  readonly found: number;
  readonly moved: number;
}

function draw(seed: number): Draw {
  const world = createWorld({ follows: FOLLOWS, seed, days: DAYS });
  const natures = drawNatures(world, seed);
  const kept = world.relays.slice(0, RELAYS);
  const living = new Set(kept.map(({ url }) => url).filter((url) => !natures.get(url)!.ailment));
  const inWorld = new Set(kept.map(({ url }) => url));
  const lists = new Map(
    [...world.lists].filter(([, { write }]) => write.some((url) => inWorld.has(url)))
      .map(([author, { write }]) => [author, write.filter((url) => living.has(url))]),
  );
  const fallbacks = kept.slice(0, FALLBACKS).map(({ url }) => url).filter((url) => living.has(url));
  const posts = new Map(
    world.pubkeys.map((author) => [author, postsAt(world, [...living], author).size] as const)
      .filter(([, count]) => count > 0),
  );
  return { world, lists, fallbacks, posts };
}

function postsAt(world: World, relays: readonly string[], author: string): Set<number> {
  const index = world.pubkeys.indexOf(author);
  return new Set(
    relays.flatMap((url) => [...world.holdings[world.relayOf.get(url)!.rank].get(index) ?? []]),
  );
}

function isLeftOut({ lists }: Draw, relays: readonly string[], author: string): boolean {
  return lists.get(author)?.every((url) => !relays.includes(url)) === true;
}

/** The relays, each the one that adds most. */
function chosen(draw: Draw, rule: Rule, worth: Worth): string[] {
  const { world, lists, fallbacks } = draw;
  const { relays: most = 20, second = 1 / 2, isExchanged = false } = rule;
  const people = new Map<string, string[]>();
  for (const author of world.pubkeys) {
    for (const url of lists.get(author) ?? fallbacks) {
      people.set(url, [...people.get(url) ?? [], author]);
    }
  }
  /** How many of some relays each author has. */
  const counted = (urls: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const author of urls.flatMap((url) => people.get(url)!)) {
      counts.set(author, (counts.get(author) ?? 0) + 1);
    }
    return counts;
  };
  const gainOf = (counts: ReadonlyMap<string, number>) => (url: string) =>
    people.get(url)!.reduce((sum, author) => {
      const before = counts.get(author) ?? 0;
      return before < 2 ? sum + worth(author) * second ** before : sum;
    }, 0);
  /** The best of all others, and what it adds. */
  const bestBeside = (urls: readonly string[]): { url: string; gain: number } => {
    const others = [...people.keys()].filter((url) => !urls.includes(url)).sort();
    const gains = others.map(gainOf(counted(urls)));
    const gain = Math.max(...gains);
    return { url: others[gains.indexOf(gain)], gain };
  };
  let urls: string[] = [];
  while (urls.length < most) urls.push(bestBeside(urls).url);
  for (let isBetter = isExchanged; isBetter;) {
    const exchanges = urls.map((url) => {
      const rest = urls.filter((other) => other !== url);
      const best = bestBeside(rest);
      return { urls: [...rest, best.url], gain: best.gain - gainOf(counted(rest))(url) };
    });
    const gain = Math.max(...exchanges.map(({ gain }) => gain));
    isBetter = gain > 1e-9;
    if (isBetter) urls = exchanges.find((one) => one.gain === gain)!.urls;
  }
  return urls;
}

type Worth = (author: string) => number;

function carriedOut(draw: Draw, rule: Rule, worth: Worth = () => 1): Plan {
  const { world, lists, fallbacks } = draw;
  const { popularRelays = 12, popularShare = 1 / 10 } = rule;
  const relays = chosen(draw, rule, worth);
  const uses = new Map(relays.map((url) => {
    return [url, [...lists.values()].filter((own) => own.includes(url)).length];
  }));
  const byUse = relays.toSorted((a, b) => uses.get(b)! - uses.get(a)!);
  const popular = byUse.filter((url) => uses.get(url)! >= Math.max(10, lists.size * popularShare));
  const asked = fallbacks.filter((url) => relays.includes(url));
  const others = popular.filter((url) => !asked.includes(url)).slice(0, popularRelays);
  const posts = new Map<string, number>();
  let found = 0, moved = 0;
  for (const author of world.pubkeys) {
    const own = lists.get(author);
    const listed = relays.filter((url) => own?.includes(url)).slice(0, 2);
    const at = listed.length > 0 ? listed : own ? asked : [...asked, ...others];
    const here = postsAt(world, at, author).size;
    if (here > 0) posts.set(author, here);
    found += here;
    moved += at.reduce((sum, url) => sum + postsAt(world, [url], author).size, 0);
  }
  return { relays, posts, found, moved };
}

/** Prints what each rule comes to. */
export function benchBigCeiling(): void {
  const shares = RULES.map((): number[] => []), moved = RULES.map((): number[] => []);
  for (let seed = FIRST_DRAW; seed < FIRST_DRAW + DRAWS; seed++) {
    const world = draw(seed);
    const all = [...world.posts.values()].reduce((sum, count) => sum + count, 0);
    const today = carriedOut(world, {});
    RULES.forEach(([, rule], i) => {
      const plan = carriedOut(world, rule, rule.worth?.(world, today));
      shares[i].push(plan.found / all);
      moved[i].push(plan.moved / plan.found);
    });
  }
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  print(prose(
    `${DRAWS} draws of ${
      count(FOLLOWS)
    } follows, planned by all that is known of lists and living ` +
      "relays: the share of a week's posts that the chosen relays hold of those they are asked for.",
  ));
  print(table(
    ["choice", "median", "mean", "draws of 98 %", "moved"],
    RULES.map(([name], i) => [
      name,
      percent(median(shares[i])),
      percent(mean(shares[i])),
      count(shares[i].filter((share) => share >= GOAL).length),
      median(moved[i]).toFixed(2),
    ]),
  ));
}

if (import.meta.main) benchBigCeiling();
