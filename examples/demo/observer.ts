/**
 * Someone who follows everybody live: what they were to have, and what came.
 *
 * @module
 */

import type { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { ReqPlan } from "@npool/outbox";
import type { NewPost } from "./post_all.ts";
import { Watch } from "./watch.ts";

/** What came of the posts that a client was to have. */
export interface Share {
  readonly all: number;
  readonly came: number;
}

/** A pool with a live subscription, and the plan that this was made by. */
export class Observer implements AsyncDisposable {
  /** The subscription. */
  readonly watch: Watch;
  readonly #pool: NPool;
  readonly #plan: () => ReqPlan;

  constructor(pool: NPool, live: NostrFilter, plan: () => ReqPlan) {
    this.#pool = pool;
    this.#plan = plan;
    this.watch = new Watch(pool, [live]);
  }

  /** The relays of the plan. */
  get relays(): string[] {
    return [...this.#plan().routes.keys()];
  }

  /** The posts that are on a relay where the plan asks for their author. */
  expects(posts: readonly NewPost[]): string[] {
    const relaysOf = this.#relaysOf();
    return idsOf(posts, ({ event, urls }) => {
      const planned = relaysOf.get(event.pubkey) ?? [];
      return planned.some((url) => urls.includes(url));
    });
  }

  /** The posts of those for whom the plan has none but relays that are down. */
  expectsOfOrphans(posts: readonly NewPost[], isDown: ReadonlySet<string>): string[] {
    const relaysOf = this.#relaysOf();
    return idsOf(posts, ({ event }) => {
      const planned = relaysOf.get(event.pubkey) ?? [];
      return planned.length > 0 && planned.every((url) => isDown.has(url));
    });
  }

  /** How many of these come within so many milliseconds. */
  async came(ids: readonly string[], ms: number): Promise<Share> {
    return { all: ids.length, came: await this.watch.until(ids, ms) };
  }

  /** Asks for stored posts, of which these exist. */
  async ask(filter: NostrFilter, exist: readonly NostrEvent[]) {
    const start = performance.now();
    const found = await this.#pool.query([filter]);
    const feedMs = performance.now() - start;
    const ids = new Set(found.map(({ id }) => id));
    const came = exist.filter(({ id }) => ids.has(id)).length;
    return { feed: { all: exist.length, came }, feedMs };
  }

  /** Ends the subscription. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.watch.stop();
  }

  #relaysOf(): Map<string, readonly string[]> {
    return new Map(this.#plan().subjects.map(({ subject, relays }) => [subject, relays]));
  }
}

function idsOf(posts: readonly NewPost[], isMeant: (post: NewPost) => boolean): string[] {
  return posts.filter(isMeant).map(({ event }) => event.id);
}
