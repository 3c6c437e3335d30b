/**
 * The cursors of one feed: made from a plan, changed with it, and replaced where relays are lost.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import type { Planned } from "../plan/replan.ts";
import { Cursor } from "./cursor.ts";
import { FeedMerge } from "./feed_merge.ts";
import type { FeedSources } from "./feed_sources.ts";
import { routeCursors } from "./route_cursors.ts";

/** What the cursors of a feed need. */
export interface FeedCursorsOptions {
  readonly sources: Pick<FeedSources, "clock" | "isResting" | "spans">;
  /** The newest second of the feed. */
  readonly top: number;
  /** The oldest. */
  readonly floor: number;
}

/** How many rounds of replacements lost relays get: replacements may be lost, too. */
const MAX_REPLACEMENT_ROUNDS = 3;
/** How long a relay that failed is left alone at least, in milliseconds. */
const RETRY_AFTER_MS = 30_000;
/** Relays that refuse are not asked again. */
const REFUSALS: readonly string[] = [
  "blocked-by-user",
  "auth-required",
  "restricted",
  "blocked",
  "withheld",
] satisfies (RelayFailure | "withheld")[];

/** See the module. */
export class FeedCursors {
  readonly #options: FeedCursorsOptions;
  readonly merge: FeedMerge;
  #planned?: Planned;
  /** The number of the store whose spans count; absent without a store that works. */
  #store?: number;
  #rounds = 0;
  readonly #failedAt = new Map<Cursor, number>();

  constructor(options: FeedCursorsOptions) {
    this.#options = options;
    this.merge = new FeedMerge(options.top, options.floor);
  }

  /** The plan that is carried out; absent before there is one. */
  get planned(): Planned | undefined {
    return this.#planned;
  }

  /** The number of the store that is read, and whose spans count; absent if there is none. */
  get store(): number | undefined {
    return this.#store;
  }

  /** Begins to read a store, by its number. */
  openStore(store: number, filters: readonly NostrFilter[]): void {
    this.#store = store;
    this.#readStoreFor(filters);
  }

  /** Begins to read relays by a plan. */
  begin(planned: Planned): void {
    this.#planned = planned;
    this.#add(planned);
  }

  /**
   * Takes a plan over that replaces another. Relays that somebody is read from stay: whoever moves
   * to other relays leaves older posts behind. Those whom the plan no longer has go.
   *
   * @param filters The feed's filters, if these are others than before.
   */
  adapt(planned: Planned, filters?: readonly NostrFilter[]): void {
    this.#planned = planned;
    this.#rounds = 0;
    if (filters) this.#readStoreFor(filters);
    const wanted = new Set(
      routeCursors(planned.plan.routes, { top: 0 }).flatMap(({ shape, subjects }) =>
        (subjects.length > 0 ? subjects : [""]).map((subject) => `${subject} ${shape}`)
      ),
    );
    const had = new Set<string>();
    for (const cursor of this.merge.cursors) {
      if (cursor.url === "") continue;
      const { shape, url, subjects } = cursor;
      cursor.leave((subject) => !wanted.has(`${subject} ${shape}`));
      const isGone = subjects.length === 0
        ? !wanted.has(` ${shape}`)
        : cursor.subjects.length === 0;
      if (isGone) this.merge.remove(cursor);
      for (const subject of subjects.length > 0 ? subjects : [""]) {
        had.add(pairOf(url, shape, subject));
      }
    }
    this.#add(planned, (url, shape, subject) => !had.has(pairOf(url, shape, subject)));
  }

  /** The store failed: relays are read for what it was believed to have. */
  forgetStore(): void {
    this.#store = undefined;
    for (const cursor of this.merge.cursors) this.merge.remove(cursor);
    if (this.#planned) this.#add(this.#planned);
  }

  /** A cursor does not go on. */
  fail(cursor: Cursor, reason: string): void {
    cursor.failure = { reason };
    this.#failedAt.set(cursor, this.#options.sources.clock.now());
  }

  /** Tries relays again that failed some time ago. No page waits for them. */
  retryFailed(): void {
    const { clock, isResting } = this.#options.sources;
    for (const [cursor, failedAt] of this.#failedAt) {
      const { reason = "" } = cursor.failure ?? {};
      const isOver = clock.now() - failedAt >= RETRY_AFTER_MS && !isResting(cursor.url);
      if (!isOver || REFUSALS.includes(reason)) continue;
      cursor.failure = undefined;
      cursor.isLate = true;
      this.#failedAt.delete(cursor);
    }
  }

  /** Finds other relays for subjects that have none left that works. */
  replaceLost(): void {
    if (!this.#planned || this.#rounds >= MAX_REPLACEMENT_ROUNDS) return;
    const cursors = [...this.merge.cursors].filter(({ url }) => url !== "");
    const failed = cursors.filter(({ failure }) => failure !== undefined);
    const orphans = new Set(failed.flatMap(({ subjects }) => subjects));
    for (const { failure, subjects } of cursors) {
      if (failure === undefined) { for (const subject of subjects) orphans.delete(subject); }
    }
    if (orphans.size === 0) return;
    this.#rounds++;
    const excluding = new Set(failed.map(({ url }) => url));
    const replanned = this.#planned.replan({
      excluding,
      isMeant: (subject) => orphans.has(subject),
      maxRelays: excluding.size,
    });
    this.#add(replanned, (url) => !excluding.has(url));
  }

  #add(
    { plan }: Pick<Planned, "plan">,
    isMeant?: (url: string, shape: string, subject: string) => boolean,
  ): void {
    const { sources: { spans, isResting }, top } = this.#options;
    const store = this.#store;
    const known = store === undefined
      ? undefined
      : (author: string, url: string, kinds: readonly number[] | undefined) =>
        spans.get(author, url, kinds, { store });
    for (const cursor of routeCursors(plan.routes, { top, isMeant, known })) {
      this.merge.add(cursor);
      if (isResting(cursor.url)) this.fail(cursor, "resting");
    }
    this.replaceLost();
  }

  /** Reads the store for these filters alone, from the start. */
  #readStoreFor(filters: readonly NostrFilter[]): void {
    for (const cursor of this.merge.cursors) if (cursor.url === "") this.merge.remove(cursor);
    if (this.#store === undefined) return;
    for (const filter of filters) this.merge.add(this.#ofStore(filter));
  }

  #ofStore({ since = 0, until = Infinity, ...filter }: NostrFilter): Cursor {
    const top = Math.min(this.#options.top, until);
    return new Cursor({ url: "", filter, shape: "", subjects: [], top, floor: Math.max(0, since) });
  }
}

function pairOf(url: string, shape: string, subject: string): string {
  return `${url} ${subject} ${shape}`;
}
