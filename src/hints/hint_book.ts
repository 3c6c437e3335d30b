/**
 * Hints: so many in memory, and the same in a database.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { isEventKey, isSubjectKey } from "../nostr/subject_key.ts";
import type { RelayHint } from "../nostr/types.ts";
import type { Hint } from "./hint.ts";
import {
  addHint,
  cleanHints,
  hintedAuthor,
  isHintSource,
  lastSeen,
  NO_HINTS,
  relayHints,
} from "./hint_record.ts";

/** What hints are kept by. */
export interface HintBookOptions {
  readonly clock: Clock;
  /** Where they survive a restart. Absent: nowhere. */
  readonly backend?: RecordStore;
  /** Told of what goes wrong with the backend. */
  readonly onError: (error: Error) => void;
  /** Which relays may be named; asked when a hint comes in and when it goes out. */
  readonly check: (url: string) => RelayUrlCheck;
  /** Most people, events and groups together; an integer >= 1. @default 20_000 */
  readonly max?: number;
  /** Most relays of each; an integer >= 1. @default 8 */
  readonly perKey?: number;
}

/**
 * Hints about people, events and groups.
 *
 * When there are too many, those go of which nothing new was heard for the longest time;
 * last of all those about people and groups that were asked for or named by hand, the
 * latest of them, up to half of `max`: strangers can say as much as they like about
 * others. Of each only the best relays stay, and what a source says that is trusted less
 * drives out nobody's word that is trusted more.
 *
 * 20,000 with eight relays each take about 13 MB, and never more than 25 MB.
 */
export class HintBook {
  readonly #options: HintBookOptions;
  readonly #mostWanted: number;
  readonly #perKey: number;
  /** By key, as texts of `hint_record.ts`. */
  readonly #records: PersistentMap<string>;
  /** People and groups that were asked for, whether known or not; the latest at the end. */
  readonly #wanted = new Set<string>();
  #ready?: Promise<void>;

  /** Reads nothing before {@link HintBook.ready}. */
  constructor(options: HintBookOptions) {
    this.#options = options;
    const { max = 20_000, perKey = 8 } = options;
    this.#mostWanted = Math.floor(max / 2);
    this.#perKey = perKey;
    this.#records = new PersistentMap({
      ...options,
      max,
      topic: "hint",
      name: "hints",
      isKey: isSubjectKey,
      parse: (text) => cleanHints(text, perKey),
      format: (text) => text,
      changedAt: lastSeen,
      stays: (key) => this.#wanted.has(key),
    });
  }

  /** Resolves once what was written before is read, or could not be. Never rejects. */
  ready(): Promise<void> {
    return this.#ready ??= this.#records.ready().then(() => {
      for (const [key, text] of this.#records.entries()) {
        if (text.includes('"hand":')) this.#want(key);
      }
    });
  }

  /** How many people, events and groups there are hints about. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Takes hints in. What is malformed, or refused by `check`, is left out.
   *
   * @param at When they were seen, in Unix seconds; what is not before now is now.
   * @default now
   * @returns How many were new, or at least a day fresher than what was known.
   */
  add(hints: Iterable<Hint>, at = Infinity): number {
    const { check, clock } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    const time = { seen: Math.floor(Math.min(Math.max(0, at), now)), now, perKey: this.#perKey };
    let added = 0;
    for (const { subject, source, url: seen, author } of hints) {
      if (!isSubjectKey(subject) || !isHintSource(source)) continue;
      const { url } = check(seen);
      if (url === undefined) continue;
      const hint = {
        url,
        source,
        author: isEventKey(subject) && isPubkey(author) ? author : undefined,
      };
      if (source === "hand") this.#want(subject);
      if (this.#records.change(subject, (text) => addHint(text, hint, time), NO_HINTS)) added++;
    }
    return added;
  }

  /** Whether there are hints about something. */
  has(key: string): boolean {
    return this.#records.get(key) !== undefined;
  }

  /** The relays where something may be, the best first; of equals the smaller URL. */
  get(key: string): RelayHint[] {
    this.#want(key);
    const { check, clock } = this.#options;
    const hints = relayHints(this.#records.get(key) ?? NO_HINTS, Math.floor(clock.now() / 1000));
    return hints.filter(({ url }) => check(url).url === url);
  }

  /** Who wrote an event, as far as a hint says so. */
  authorOf(key: string): string | undefined {
    return hintedAuthor(this.#records.get(key) ?? NO_HINTS);
  }

  /** Writes down what has changed. Never rejects. */
  flush(): Promise<void> {
    return this.#records.flush();
  }

  /** Writes down what has changed, for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }

  /** An event is asked for once or twice: that is no reason to keep a place for it. */
  #want(key: string): void {
    if (!isSubjectKey(key) || isEventKey(key)) return;
    this.#wanted.delete(key);
    this.#wanted.add(key);
    if (this.#wanted.size <= this.#mostWanted) return;
    // A hundredth at a time, as finding the oldest takes long where many are gone.
    for (const oldest of this.#wanted) {
      this.#wanted.delete(oldest);
      if (this.#wanted.size <= this.#mostWanted - Math.floor(this.#mostWanted / 100)) return;
    }
  }
}
