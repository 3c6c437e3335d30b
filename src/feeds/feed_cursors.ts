/**
 * The cursors of one feed: made from a plan, changed with it, and replaced where relays are lost.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { BoundedMap } from "../base/bounded_map.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { Planned } from "../plan/replan.ts";
import { EXTRA_ROLE_RULES } from "../plan/req_parts.ts";
import type { LiveSubject } from "../requests/live_assignment.ts";
import { LivePlan } from "../requests/live_plan.ts";
import { liveShares } from "../requests/live_shares.ts";
import { Cursor } from "./cursor.ts";
import { FeedMerge } from "./feed_merge.ts";
import type { FeedPlan, FeedSources } from "./feed_sources.ts";
import { routeCursors } from "./route_cursors.ts";

/** What the cursors of a feed need. */
export interface FeedCursorsOptions {
  readonly sources: Pick<FeedSources, "clock" | "isResting" | "spans">;
  /** The newest second of the feed. */
  readonly top: number;
  /** What it asks for. */
  readonly filters: readonly NostrFilter[];
}

/** How many rounds of replacements lost relays get: replacements may be lost, too. */
const MAX_REPLACEMENT_ROUNDS = 3;
/** Most lists that are remembered until there is a plan. */
const MAX_EARLY_LISTS = 1_000;
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
  /** Follows lists that change. */
  #live?: LivePlan;
  #people: ReadonlySet<string> = new Set();
  /** Lists that came while the feed was being planned. */
  readonly #early = new BoundedMap<string, RelayKnowledge>({ max: MAX_EARLY_LISTS });
  /** The people whose lists changed since the last page. */
  readonly #movers = new Set<string>();
  /** The people whose lists are looked for. */
  readonly #pending = new Set<string>();
  /** The number of the store whose spans count; absent without a store that works. */
  #store?: number;
  #rounds = 0;
  readonly #failedAt = new Map<Cursor, number>();

  constructor(options: FeedCursorsOptions) {
    this.#options = options;
    this.merge = new FeedMerge(options.top, floorOf(options.filters));
  }

  /** The plan that is carried out; absent before there is one. */
  get planned(): Planned | undefined {
    return this.#planned;
  }

  /** The number of the store that is read, and whose spans count; absent if there is none. */
  get store(): number | undefined {
    return this.#store;
  }

  /** The people whose lists are looked for: their events may be at relays that are not known yet. */
  get pending(): ReadonlySet<string> {
    return this.#pending;
  }

  /**
   * Whether the list of a cursor's author names the cursor's relay; absent where that does not
   * matter: there is no list, or others have such events, too. There must be a plan.
   */
  isListed({ filter: { authors, kinds }, url }: Cursor, subject: string): boolean | undefined {
    const live = this.#live!;
    const matters = authors && live.knowledge.get(subject)?.write?.length &&
      !kinds?.every(hasExtraRole);
    return matters ? live.lists("write", subject, url) : undefined;
  }

  /** Begins to read a store, by its number. */
  openStore(store: number, filters: readonly NostrFilter[]): void {
    this.#store = store;
    this.#readStoreFor(filters);
  }

  /** Begins to read relays by a plan. */
  begin(planned: FeedPlan): void {
    for (const pubkey of planned.search?.people ?? []) this.#pending.add(pubkey);
    this.#take(planned);
    this.#add(planned.plan.routes);
  }

  /** Takes in a new list of somebody; see {@link FeedCursors.followLists}. */
  listChanged(pubkey: string, news: RelayKnowledge): void {
    if (!this.#live) return void this.#early.set(pubkey, news);
    // Lists of others change no plan, and would take memory until the next page.
    if (!this.#people.has(pubkey)) return;
    this.#live.update(pubkey, news);
    // What stood in for their list is not read on.
    if (!news.write || !this.#pending.delete(pubkey)) this.#movers.add(pubkey);
  }

  /** The search for lists is over: this is all that is known. */
  complete(knowledge?: ReadonlyMap<string, RelayKnowledge>): void {
    this.#pending.clear();
    this.#live?.complete(knowledge);
  }

  /**
   * Reads people where their new lists say, and those whom that moves to other relays. Whoever
   * moves to other relays leaves older posts behind, which are read on.
   */
  followLists(): void {
    const changes = this.#live?.difference() ?? [];
    const gains = new Map<string, readonly LiveSubject[]>();
    for (const { url, gained, lost } of changes) {
      if (gained.length > 0) gains.set(url, gained);
      const gone = new Set(lost.map(({ subject }) => subject));
      this.#leave(url, (subject) => gone.has(subject) && !this.#movers.has(subject));
    }
    this.#movers.clear();
    if (gains.size === 0) return;
    const { parts, settings } = this.#planned!.input;
    this.#add(liveShares(parts, gains, settings).routes);
  }

  /** Takes a plan for other filters over. Relays and people that stay are not read again. */
  adapt(planned: Planned, filters: readonly NostrFilter[]): void {
    this.merge.floor = floorOf(filters);
    this.#pending.clear();
    this.#take(planned);
    this.#readStoreFor(filters);
    const keyOf = (url: string, shape: string, subject = "") => `${url} ${subject} ${shape}`;
    const wanted = new Set(
      routeCursors(planned.plan.routes, { top: 0 }).flatMap(({ url, shape, subjects }) =>
        subjects.length === 0
          ? keyOf(url, shape)
          : subjects.map((subject) => keyOf(url, shape, subject))
      ),
    );
    const had = new Set<string>();
    for (const cursor of this.merge.cursors) {
      if (cursor.url === "") continue;
      const { shape, url, subjects } = cursor;
      if (subjects.length === 0) had.add(keyOf(url, shape));
      for (const subject of subjects) had.add(keyOf(url, shape, subject));
      cursor.leave((subject) => !wanted.has(keyOf(url, shape, subject)));
      const isWanted = subjects.length === 0
        ? wanted.has(keyOf(url, shape))
        : cursor.subjects.length > 0;
      if (!isWanted) this.merge.remove(cursor);
    }
    this.#add(planned.plan.routes, (...pair) => !had.has(keyOf(...pair)));
  }

  /** Reads the store no more, which has what it is known to have. */
  leaveStore(): void {
    for (const cursor of this.merge.cursors) if (cursor.url === "") this.merge.remove(cursor);
  }

  /** The store failed: relays are read for what it was believed to have. */
  forgetStore(): void {
    this.#store = undefined;
    for (const cursor of this.merge.cursors) this.merge.remove(cursor);
    if (this.#planned) this.#add(this.#planned.plan.routes);
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
      if (!this.merge.cursors.has(cursor)) this.#failedAt.delete(cursor);
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
    const replan = this.#planned.replanWith(this.#live!.knowledge);
    const { plan } = replan({
      excluding,
      isMeant: (subject) => orphans.has(subject),
      maxRelays: excluding.size,
    });
    this.#add(plan.routes, (url) => !excluding.has(url));
  }

  #take(planned: Planned): void {
    this.#planned = planned;
    this.#live = new LivePlan(planned.input, planned);
    this.#people = new Set(planned.assignment.subjects);
    this.#rounds = 0;
    for (const [pubkey, news] of this.#early) this.listChanged(pubkey, news);
    this.#early.clear();
  }

  /** No longer reads some people at a relay. */
  #leave(url: string, isGone: (subject: string) => boolean): void {
    for (const cursor of this.merge.cursors) {
      if (cursor.url !== url || cursor.subjects.length === 0) continue;
      cursor.leave(isGone);
      if (cursor.subjects.length === 0) this.merge.remove(cursor);
    }
  }

  #add(
    routes: ReadonlyMap<string, readonly NostrFilter[]>,
    isMeant?: (url: string, shape: string, subject: string) => boolean,
  ): void {
    const { sources: { spans, isResting }, top } = this.#options;
    const store = this.#store;
    const known = store === undefined
      ? undefined
      : (author: string, url: string, kinds: readonly number[] | undefined) =>
        spans.get(author, url, kinds, { store });
    for (const cursor of routeCursors(routes, { top, isMeant, known })) {
      this.merge.add(cursor);
      if (isResting(cursor.url)) this.fail(cursor, "resting");
    }
    this.replaceLost();
  }

  /** Reads the store for these filters alone, from the start. */
  #readStoreFor(filters: readonly NostrFilter[]): void {
    this.leaveStore();
    if (this.#store === undefined) return;
    for (const filter of filters) this.merge.add(this.#ofStore(filter));
  }

  #ofStore({ since = 0, until = Infinity, ...filter }: NostrFilter): Cursor {
    const top = Math.min(this.#options.top, until);
    return new Cursor({ url: "", filter, shape: "", subjects: [], top, floor: Math.max(0, since) });
  }
}

/** Whether others than an author's write relays are asked for events of a kind, too. */
function hasExtraRole(kind: number): boolean {
  return EXTRA_ROLE_RULES.some(([, isMeant]) => isMeant(kind));
}

/** The oldest second that any of the filters asks for. */
function floorOf(filters: readonly NostrFilter[]): number {
  return Math.max(0, Math.min(...filters.map(({ since = 0 }) => since)));
}
