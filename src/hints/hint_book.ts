/**
 * Keeps a bounded number of hints in memory, and the same ones in a database.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { RelayHint } from "../nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { isEventKey, isSubjectKey } from "../nostr/subject_key.ts";
import type { Hint } from "./hint.ts";
import {
  addHint,
  cleanHints,
  hintedAuthor,
  isHintSource,
  lastSeen,
  missHint,
  NO_HINTS,
  relayHints,
} from "./hint_record.ts";

/** What a {@link HintBook} needs, and its bounds. */
export interface HintBookOptions {
  readonly clock: Clock;
  /** Keeps hints over a restart. Absent: nothing does. */
  readonly backend?: RecordStore;
  /** Called with failures of the backend. */
  readonly onError: (error: Error) => void;
  /** Checks each relay when a hint is added and when it is read. */
  readonly check: (url: string) => RelayUrlCheck;
  /** Most subjects; an integer of at least 1. @default 20_000 */
  readonly max?: number;
  /** Most relays for each subject; an integer of at least 1. @default 8 */
  readonly perSubject?: number;
}

/**
 * Hints about people, events and groups.
 *
 * If there are too many subjects, those without news for the longest time go first. People
 * and groups that were requested, or named by hand, go last: the latest of them stay, up to
 * half of `max`, however much strangers say about others. Each subject keeps only the best
 * relays, and no source evicts a relay that a more trusted source named.
 *
 * 20,000 subjects with eight relays each take about 13 MB, and never more than 25 MB.
 */
export class HintBook {
  readonly #options: HintBookOptions;
  readonly #perSubject: number;
  /** By subject, as texts of `hint_record.ts`. */
  readonly #records: PersistentMap<string>;
  /** The people and groups that were requested last, whether there are hints or not. */
  readonly #requested: BoundedMap<string, true>;
  #ready?: Promise<void>;

  /** Reads nothing before {@link HintBook.ready}. */
  constructor(options: HintBookOptions) {
    this.#options = options;
    const { max = 20_000, perSubject = 8 } = options;
    this.#perSubject = perSubject;
    this.#requested = new BoundedMap({ max: Math.floor(max / 2) });
    this.#records = new PersistentMap({
      ...options,
      max,
      topic: "hint",
      name: "hints",
      isKey: isSubjectKey,
      parse: (text) => cleanHints(text, perSubject),
      format: (text) => text,
      changedAt: lastSeen,
      stays: (subject) => this.#requested.has(subject),
    });
  }

  /** Resolves once the database's hints are read, or cannot be read. Never rejects. */
  ready(): Promise<void> {
    return this.#ready ??= this.#records.ready().then(() => {
      for (const [subject, text] of this.#records.entries()) {
        if (text.includes('"hand":')) this.#markRequested(subject);
      }
    });
  }

  /**
   * Adds hints. Leaves out what is malformed, or what `check` refuses.
   *
   * @param at When they were read, in Unix seconds; a time in the future counts as now.
   * @default now
   * @returns How many were new, or at least a day fresher than before.
   */
  add(hints: Iterable<Hint>, at = Infinity): number {
    const { check, clock } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    const seen = Math.floor(Math.min(Math.max(0, at), now));
    const time = { seen, now, perSubject: this.#perSubject };
    let added = 0;
    for (const { subject, source, url: given, author } of hints) {
      if (!isSubjectKey(subject) || !isHintSource(source)) continue;
      const { url } = given === undefined ? {} : check(given);
      if (given !== undefined && url === undefined) continue;
      const hint = {
        url,
        source,
        author: isEventKey(subject) && isPubkey(author) ? author : undefined,
      };
      if (source === "hand") this.#markRequested(subject);
      if (this.#records.change(subject, (text) => addHint(text, hint, time), NO_HINTS)) added++;
    }
    return added;
  }

  /**
   * Notes that a relay, asked for a subject, had nothing while another had something: its hints
   * about that subject count an eighth, until they are named again.
   */
  missed(subject: string, url: string): void {
    if (!this.has(subject)) return;
    const now = Math.floor(this.#options.clock.now() / 1000);
    this.#records.change(subject, (text) => missHint(text, url, now), NO_HINTS);
  }

  /** Whether a subject has hints. */
  has(subject: string): boolean {
    return this.#records.get(subject) !== undefined;
  }

  /** The relays that may have a subject, the best first; of equals the smaller URL. */
  get(subject: string): RelayHint[] {
    this.#markRequested(subject);
    const { check, clock } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    return relayHints(this.#records.get(subject) ?? NO_HINTS, now)
      .filter(({ url }) => check(url).url === url);
  }

  /** The author of an event, if a hint names one. */
  authorOf(subject: string): string | undefined {
    return hintedAuthor(this.#records.get(subject) ?? NO_HINTS);
  }

  /** Writes changes to the database for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }

  /** Leaves out events: an event is requested once or twice, and need not stay. */
  #markRequested(subject: string): void {
    if (isSubjectKey(subject) && !isEventKey(subject)) this.#requested.set(subject, true);
  }
}
