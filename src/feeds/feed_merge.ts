/**
 * Merges what many relays hold into pages, the newest first: decides which relays to request more
 * from, and when a page is whole.
 *
 * Each relay has cursors of its own. A page is whole once every cursor that it waits for was read
 * past the page's oldest event. A first request asks each relay for about as much as a page needs of
 * it. From then on it is known how dense the events are: the next requests reach down to one time
 * at all relays, some pages ahead, and only those relays are asked that have not got there.
 *
 * Pure: answers in, requests and pages out.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { type Cursor, type CursorRequest, MAX_LIMIT } from "./cursor.ts";
import { PageBuffer } from "./page_buffer.ts";

/** How many pages the requests after the first reach ahead. */
const PAGES_AHEAD = 3;
/** A first request asks for this many times a relay's share of a page. */
const FIRST_SHARE_FACTOR = 2;
/** Events that each request asks for beyond what is expected. */
const SPARE_EVENTS = 8;
/** How many late events may wait before relays are no longer asked for more of them. */
const MAX_LATE_EVENTS = 2_000;

/** A page of events. */
export interface MergedPage {
  readonly events: NostrEvent[];
  /** From this second up to the feed's start, everything was given that was read. */
  readonly since: number;
  readonly late: NostrEvent[];
}

/** See the module. */
export class FeedMerge {
  readonly #cursors = new Set<Cursor>();
  readonly buffer: PageBuffer = new PageBuffer();
  readonly #top: number;
  /** The oldest second of the feed. */
  floor: number;
  /** Down to which time the last requests read. */
  #lastGoal = Infinity;
  /** How many different events came. */
  #count = 0;

  /**
   * @param top The newest second of the feed.
   * @param floor The oldest.
   */
  constructor(top: number, floor: number) {
    this.#top = top;
    this.floor = floor;
  }

  /** All cursors. */
  get cursors(): ReadonlySet<Cursor> {
    return this.#cursors;
  }

  /** Begins with a cursor. */
  add(cursor: Cursor): void {
    this.#cursors.add(cursor);
  }

  /** Ends with a cursor. */
  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  /** Adds an event that came; see {@link PageBuffer.add}. */
  push(event: NostrEvent, isOver = false): "waiting" | "late" | undefined {
    const place = this.buffer.add(event, isOver);
    if (place) this.#count++;
    return place;
  }

  /** Whether no cursor has more, or will go on. */
  get isEnded(): boolean {
    return [...this.#cursors].every((cursor) => cursor.isDone || cursor.failure !== undefined);
  }

  /** Whether a page of this size is whole: every cursor that it waits for is past its oldest event. */
  isWhole(size: number): boolean {
    const target = this.#target(size);
    return [...this.#cursors].every((cursor) => !cursor.isAwaited || cursor.position <= target);
  }

  /** The requests that bring cursors up to the page that was given last. */
  catchUp(): CursorRequest[] {
    const { edge, lateCount } = this.buffer;
    if (edge === undefined || lateCount > MAX_LATE_EVENTS) return [];
    // Whoever is behind reads as far ahead as the others, or it would be behind each page again.
    const goal = Math.min(edge.created_at, this.#lastGoal);
    return [...this.#cursors]
      .filter((cursor) => cursor.isIdle && cursor.position > edge.created_at)
      .map((cursor) => cursor.request(goal, MAX_LIMIT));
  }

  /** The requests that a page of this size needs; none for cursors that are being asked. */
  forPage(size: number): CursorRequest[] {
    const idle = [...this.#cursors].filter((cursor) => cursor.isIdle);
    const isFirst = ![...this.#cursors].some(({ isAnswered, url }) => isAnswered && url !== "");
    if (isFirst) return this.#first(idle, size);
    const target = this.#target(size);
    const needed = idle.filter((cursor) => cursor.position > target);
    if (needed.length === 0) return [];
    const goal = this.#goal(size);
    // Whoever is asked for the page anyway reads ahead; so does everybody who would be asked next.
    return idle.filter((cursor) => cursor.position > goal)
      .map((cursor) =>
        cursor.request(cursor.isUnproven ? -Infinity : goal, this.#limit(cursor, goal, size))
      );
  }

  /** Takes a page out of what has come so far. */
  take(size: number): MergedPage {
    const late = this.buffer.takeLate();
    const events = this.buffer.take(size);
    return { events, since: this.#sinceOf(events), late };
  }

  /** The time of the oldest event of a page; minus infinity if there are too few events for one. */
  #target(size: number): number {
    return this.buffer.at(size - 1)?.created_at ?? -Infinity;
  }

  #sinceOf(events: readonly NostrEvent[]): number {
    const next = this.buffer.at(0);
    const last = events.at(-1)?.created_at;
    if (next === undefined && this.isEnded) return this.floor;
    if (last === undefined) return this.buffer.edge?.created_at ?? this.#top + 1;
    return last === next?.created_at ? last + 1 : last;
  }

  #first(idle: readonly Cursor[], size: number): CursorRequest[] {
    const subjects = new Set(idle.flatMap((cursor) => cursor.url === "" ? [] : cursor.subjects));
    const target = this.#target(size);
    return idle.filter((cursor) => cursor.position > target).map((cursor) => {
      const isAll = cursor.subjects.length === 0;
      const share = isAll ? 1 : cursor.subjects.length / Math.max(1, subjects.size);
      const limit = Math.ceil(FIRST_SHARE_FACTOR * size * Math.min(1, share)) + SPARE_EVENTS;
      return cursor.request(-Infinity, limit);
    });
  }

  /** The time down to which all relays are read next. */
  #goal(size: number): number {
    const awaited = [...this.#cursors].filter((cursor) => cursor.isAwaited && cursor.isAnswered);
    const edge = this.buffer.edge?.created_at ?? this.#top;
    const frontier = Math.min(edge, Math.max(this.floor, ...awaited.map((c) => c.position)));
    const given = this.#count - this.buffer.size;
    const density = (given + this.buffer.countFrom(frontier) + 1) / (this.#top - frontier + 60);
    const missing = Math.max(size, PAGES_AHEAD * size - this.buffer.countFrom(frontier));
    const target = this.#target(size);
    const goal = Math.floor(frontier - missing / density);
    // As long as there are too few events for a page, everything is asked for.
    this.#lastGoal = Math.max(this.floor, Math.min(goal, Math.max(target, this.floor)));
    return this.#lastGoal;
  }

  /** How many events to ask a relay for, down to a time: twice its share of some pages at most. */
  #limit(cursor: Cursor, goal: number, size: number): number {
    // A relay that never says when it is done takes long, and is asked for more at once.
    if (!cursor.isAnswered || cursor.isUnproven) return MAX_LIMIT;
    const relays = [...this.#cursors].filter(({ url }) => url !== "");
    const came = relays.reduce((sum, { count }) => sum + count, 0);
    const copies = Math.max(1, came / Math.max(1, this.#count));
    const rates = relays.reduce((sum, { rate }) => sum + rate, 0);
    const share = cursor.url === "" ? 1 : Math.min(1, copies * cursor.rate / rates);
    const expected = cursor.rate * (cursor.position - goal);
    return Math.ceil(2 * Math.min(expected, share * PAGES_AHEAD * size)) + SPARE_EVENTS;
  }
}
