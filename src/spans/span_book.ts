/**
 * Keeps what is known to be complete, in memory and in a database.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { TimeSlices } from "../base/time_slices.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { Span } from "./span.ts";
import { kindsIn, lastSeen, NO_SPANS, rangeAdder, relaysIn, spansIn } from "./span_record.ts";
import { formatSpans, parseSpans } from "./span_text.ts";
import { formatMarks, isMarksKey, marksKey, MAX_STORES, parseMarks } from "./store_marks.ts";

/** A relay's answer to a filter with authors. */
export interface AnsweredRange {
  /** The relay, in normal form. */
  readonly relay: string;
  /** Pubkeys; other strings are ignored. */
  readonly authors: readonly string[];
  /** The kinds that were requested; absent: all. */
  readonly kinds?: readonly number[];
  /** From when on, in Unix seconds; this second belongs to it. */
  readonly since: number;
  /** Until when, in Unix seconds; this second belongs to it. Nothing after `at` counts. */
  readonly until: number;
  /** What the answer proves; one that proves nothing is ignored. */
  readonly proof: AnswerProof;
  /** When the relay was asked, in Unix seconds. */
  readonly at: number;
  /** The store that got all events of the answer, an integer from 1 to 9,999; absent: none. */
  readonly store?: number;
}

/** What a {@link SpanBook} needs, and its bound. */
export interface SpanBookOptions {
  readonly clock: Clock;
  /** Keeps spans over a restart. Absent: nothing does. */
  readonly backend?: RecordStore;
  /** Called with failures of the backend. */
  readonly onError: (error: Error) => void;
  /** Most authors; an integer of at least 16. @default 10_000 */
  readonly max?: number;
}

/**
 * Spans: from when to when the answers of a relay were complete for an author and a kind.
 *
 * Two relays and two kinds of 2,784 authors take less than 1 MB. If there are too many authors,
 * those without a new span for the longest time go first.
 */
export class SpanBook {
  readonly #clock: Clock;
  /** By author, as texts of `span_text.ts`; and the marks of stores. */
  readonly #texts: PersistentMap<string>;
  /** Answers about thousands of people, of many relays at once, leave other work its turn. */
  readonly #slices: TimeSlices;
  /** Answers that wait, each of which is handed to the slices by a call. */
  #waiting: (() => void)[] = [];
  #cancelWaiting?: () => void;

  /** Reads nothing before {@link SpanBook.ready} or the first answer. */
  constructor(options: SpanBookOptions) {
    this.#clock = options.clock;
    this.#slices = new TimeSlices(options.clock);
    this.#texts = new PersistentMap({
      ...options,
      max: options.max ?? 10_000,
      topic: "span",
      name: "spans",
      isKey: (key) => isPubkey(key) || isMarksKey(key),
      parse: cleanText,
      format: (text) => text,
      changedAt: lastSeen,
      stays: isMarksKey,
    });
  }

  /** The records, with all answers that came so far. */
  get #records(): PersistentMap<string> {
    this.#begin();
    this.#slices.doAll();
    return this.#texts;
  }

  /** Resolves once the database's spans are read, or cannot be read. Never rejects. */
  ready(): Promise<void> {
    return this.#texts.ready();
  }

  /**
   * Adds what a relay answered. Gift wraps count up to 50 hours before `at`, since they are dated
   * up to two days back (NIP-59); ephemeral events never count.
   */
  add({ authors, proof, ...range }: AnsweredRange): void {
    if (proof === "unknown") return;
    // Until they are read, only so many changes are remembered.
    void this.ready();
    const change = rangeAdder({ ...range, proof }, this.#now());
    const run = () => {
      for (const author of new Set(authors)) {
        if (isPubkey(author)) this.#texts.change(author, change, NO_SPANS);
      }
    };
    this.#waiting.push(() => this.#slices.do(run, authors.length * PUBKEY_LENGTH));
    if (this.#waiting.length >= MAX_WAITING) return this.#begin();
    this.#cancelWaiting ??= this.#clock.after(WAIT_MS, () => this.#begin());
  }

  /**
   * From when to when a relay's answers were complete for all of these kinds of an author's events:
   * newest first, disjoint, joined where they touch. Spans by `inferred` count for 7 days, others
   * for 30.
   *
   * @param kinds `undefined` stands for all kinds but gift wraps and ephemeral ones.
   * @param opts `store`: only what this store holds.
   */
  get(
    author: string,
    relay: string,
    kinds: readonly number[] | undefined,
    { store }: { store?: number } = {},
  ): Span[] {
    const text = this.#records.get(author) ?? NO_SPANS;
    return spansIn(text, { relay, kinds, store }, this.#now());
  }

  /** The relays of which spans of an author are known, by URL. */
  relaysOf(author: string): string[] {
    return relaysIn(this.#records.get(author) ?? NO_SPANS, this.#now());
  }

  /**
   * The kinds of which spans of an author are known, ascending; `undefined` where some are of all
   * kinds.
   */
  kindsOf(author: string): number[] | undefined {
    return kindsIn(this.#records.get(author) ?? NO_SPANS, this.#now());
  }

  /** Ids of events that a store got, by which a later program knows the store again. */
  storeMarks(): ReadonlyMap<number, readonly string[]> {
    const marks = new Map<number, readonly string[]>();
    for (let slot = 1; slot <= MAX_STORES; slot++) {
      const read = parseMarks(this.#records.get(marksKey(slot)) ?? "");
      if (read) marks.set(read.store, read.ids);
    }
    return marks;
  }

  /**
   * Remembers ids of events that a store got, in place of others of it: the first five. The latest
   * eight numbers of stores fit; a ninth takes the place of the first.
   */
  markStore(store: number, ids: readonly string[]): void {
    const text = formatMarks({ store, ids });
    if (text !== undefined) this.#records.change(marksKey(store), () => text, "");
  }

  /** Writes changes to the database. Never rejects. */
  flush(): Promise<void> {
    return this.#records.flush();
  }

  /** Writes changes to the database for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }

  /** Ends the wait of all answers. */
  #begin(): void {
    this.#cancelWaiting?.();
    this.#cancelWaiting = undefined;
    for (const begin of this.#waiting.splice(0)) begin();
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

const PUBKEY_LENGTH = 64;
/** How long an answer waits: the app, which waits for its events, comes first. */
const WAIT_MS = 1_000;
/** Most answers that wait. */
const MAX_WAITING = 1_000;

/** A text as it is kept, whatever was read; `undefined` if nothing of it can be read. */
function cleanText(text: string): string | undefined {
  if (parseMarks(text)) return text;
  const lists = parseSpans(text);
  return lists && formatSpans(lists);
}
