/**
 * The events of the six screens, and what each relay holds of them: the posts of a world, and
 * whatever was added to them.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { getEventHash } from "nostr-tools/pure";
import type { World } from "../testing/world/world.ts";
import { eventOf } from "./sim_posts.ts";

/** An event before it has an id. */
export type Draft = Omit<NostrEvent, "id" | "sig" | "content">;

/** What one relay holds beyond the world's posts: indices of events. */
interface Shelf {
  readonly byAuthor: Map<string, number[]>;
  readonly byTag: Map<string, number[]>;
  readonly all: Set<number>;
}

/** More than there are events, and little enough for a sort key in one double. */
const MOST = 2 ** 21;

/** See the module. Posts of the world have their own index, added events the next ones. */
export class Corpus {
  readonly world: World;
  readonly #added: NostrEvent[] = [];
  readonly #shelves: Shelf[];
  readonly #byId = new Map<string, number>();
  readonly #authorOf: ReadonlyMap<string, number>;

  constructor(world: World) {
    this.world = world;
    this.#shelves = world.relays.map(() => ({
      byAuthor: new Map(),
      byTag: new Map(),
      all: new Set(),
    }));
    this.#authorOf = new Map(world.pubkeys.map((pubkey, i) => [pubkey, i]));
  }

  /** How many events there are. */
  get size(): number {
    return this.world.timeOf.length + this.#added.length;
  }

  /** Adds an event, and leaves it on these relays; the dead keep nothing. */
  add(draft: Draft, ranks: Iterable<number>): number {
    const index = this.size;
    if (index >= MOST) throw new RangeError(`Cannot add an event: ${MOST} are the most`);
    const unsigned = { ...draft, content: String(index) };
    const event = { ...unsigned, id: getEventHash(unsigned), sig: "0".repeat(128) };
    this.#added.push(event);
    this.#byId.set(event.id, index);
    for (const rank of new Set(ranks)) {
      if (this.world.relays[rank].dead) continue;
      const shelf = this.#shelves[rank];
      shelf.all.add(index);
      push(shelf.byAuthor, event.pubkey, index);
      for (const [name, value] of event.tags) {
        if (name.length === 1) push(shelf.byTag, `#${name}:${value}`, index);
      }
    }
    return index;
  }

  /** An event by its index. */
  event(index: number): NostrEvent {
    const posts = this.world.timeOf.length;
    if (index >= posts) return this.#added[index - posts];
    const event = eventOf(this.world, index);
    this.#byId.set(event.id, index);
    return event;
  }

  /** The index of an event that was handed out. */
  indexOf(id: string): number | undefined {
    return this.#byId.get(id);
  }

  /** When an event was published, in Unix seconds. */
  timeOf(index: number): number {
    const { timeOf } = this.world;
    return index < timeOf.length ? timeOf[index] : this.#added[index - timeOf.length].created_at;
  }

  /** Whether a living relay holds the event. */
  holds(rank: number, index: number): boolean {
    const { authorOf, holdings } = this.world;
    if (index >= authorOf.length) return this.#shelves[rank].all.has(index);
    return holdings[rank].get(authorOf[index])?.includes(index) ?? false;
  }

  /** Whether any living relay holds the event. */
  isHeld(index: number): boolean {
    return this.world.relays.some(({ rank }) => this.holds(rank, index));
  }

  /** The events of a living relay that match one filter, newest first, with its cap. */
  answer(url: string, filter: NostrFilter, now: number): number[] {
    const relay = this.world.relayOf.get(url);
    if (!relay || relay.dead) return [];
    const most = Math.min(filter.limit ?? relay.cap, relay.cap);
    return this.matches(relay.rank, filter, now, most).slice(0, most);
  }

  /**
   * The events of a relay that match one filter and were published by now, newest first.
   *
   * @param most How many are enough of each author.
   */
  matches(rank: number, filter: NostrFilter, now: number, most = Infinity): number[] {
    const { since = 0 } = filter;
    const until = Math.min(filter.until ?? now, now);
    const found = new Set<number>();
    for (const list of this.#candidates(rank, filter)) {
      let count = 0;
      for (const index of list) {
        const time = this.timeOf(index);
        if (time > until || time < since || !this.#fits(index, filter)) continue;
        found.add(index);
        // A world's posts are in order; what was added is not.
        if (++count >= most && list instanceof Uint32Array) break;
      }
    }
    const keys = Float64Array.from(found, (index) => this.timeOf(index) * MOST - index);
    keys.sort().reverse();
    return Array.from(keys, (key) => Math.ceil(key / MOST) * MOST - key);
  }

  /** Lists of events among which all matches are. */
  *#candidates(rank: number, filter: NostrFilter): Iterable<Uint32Array | Iterable<number>> {
    const { byAuthor, byTag, all } = this.#shelves[rank];
    const held = this.world.holdings[rank];
    const tag = Object.keys(filter).find((key) => key.startsWith("#"));
    if (filter.ids) {
      const known = filter.ids.map((id) => this.#byId.get(id));
      yield known.filter((index) => index !== undefined && this.holds(rank, index)) as number[];
    } else if (filter.authors) {
      const wantsPosts = !tag && (filter.kinds?.includes(1) ?? true);
      for (const pubkey of new Set(filter.authors)) {
        const author = this.#authorOf.get(pubkey);
        if (author !== undefined && wantsPosts) yield held.get(author) ?? [];
        yield byAuthor.get(pubkey) ?? [];
      }
    } else if (tag) {
      for (const value of new Set(filter[tag as "#e"])) yield byTag.get(`${tag}:${value}`) ?? [];
    } else {
      if (filter.kinds?.includes(1) ?? true) yield* held.values();
      yield all;
    }
  }

  /** Whether an event meets the conditions on kinds, authors and tags. */
  #fits(index: number, filter: NostrFilter): boolean {
    const posts = this.world.timeOf.length;
    const { kind, pubkey, tags } = index >= posts
      ? this.#added[index - posts]
      : { kind: 1, pubkey: this.world.pubkeys[this.world.authorOf[index]], tags: [] };
    if (filter.kinds && !filter.kinds.includes(kind)) return false;
    // The lists of candidates are those of an author, if the filter names any.
    if (filter.authors && filter.ids && !filter.authors.includes(pubkey)) return false;
    return Object.entries(filter).every(([key, values]) =>
      !key.startsWith("#") ||
      tags.some(([name, value]) => `#${name}` === key && (values as string[]).includes(value))
    );
  }
}

function push(map: Map<string, number[]>, key: string, index: number): void {
  const list = map.get(key);
  if (list) list.push(index);
  else map.set(key, [index]);
}
