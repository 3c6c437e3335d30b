/**
 * Finds who wrote the events of threads: what answers an event is where its author reads.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import type { HintBook } from "../hints/hint_book.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import type { FindOptions } from "./discovery_options.ts";
import type { EventSearch } from "./event_search.ts";

/** Where {@link ThreadAuthors} look. */
export interface ThreadAuthorsOptions {
  readonly clock: Clock;
  readonly store: Partial<Pick<NStore, "query">>;
  /** Learns what is found. */
  readonly book: Pick<HintBook, "add" | "authorOf">;
  /** Finds missing lists; absent if no relay may be asked. */
  readonly discovery?: {
    find(kind: number, pubkeys: readonly string[], opts: FindOptions): Promise<void>;
  };
  /** Looks events up at relays. `book` learns what it finds. */
  readonly events: Pick<EventSearch, "find">;
}

/** How a look-up ends, and where a failure of the database goes; without that it is thrown. */
export interface ThreadLookupOptions {
  readonly signal?: AbortSignal;
  readonly onFailure?: (error: unknown) => void;
}

/** Most events that a look-up reads from the database. */
const MAX_STORED_EVENTS = 250;

/** See the module. Events are named by their keys, and their authors are not known. */
export class ThreadAuthors {
  readonly #options: ThreadAuthorsOptions;

  /** Looks nothing up yet. */
  constructor(options: ThreadAuthorsOptions) {
    this.#options = options;
  }

  /**
   * Finds the authors in the database and at relays, and then the authors' lists, until a time.
   *
   * @throws What the database throws if there is no `onFailure`, or the signal's reason.
   */
  async find(keys: readonly string[], until: number, opts: ThreadLookupOptions): Promise<void> {
    const { book, clock, discovery, events } = this.#options;
    const { signal } = opts;
    await this.read(keys, opts);
    const left = () => Math.max(0, until - clock.now());
    const missing = keys.filter((key) => book.authorOf(key) === undefined).map(idOf);
    if (missing.length > 0) await events.find(missing, { signal, wait: left() });
    const authors = keys.flatMap((key) => book.authorOf(key) ?? []);
    if (authors.length > 0) {
      await discovery?.find(RELAY_LIST_KIND, [...new Set(authors)], { signal, wait: left() });
    }
  }

  /**
   * Reads the authors from the database, as far as it has the events.
   *
   * @throws As {@link ThreadAuthors.find} does.
   */
  async read(keys: readonly string[], { signal, onFailure }: ThreadLookupOptions): Promise<void> {
    const { book, store } = this.#options;
    const ids = keys.slice(0, MAX_STORED_EVENTS).map(idOf);
    if (!store.query) return;
    try {
      const found = await abortable(store.query([{ ids, limit: ids.length }], { signal }), signal);
      book.add(found.map(({ id, pubkey }) => ({
        subject: subjectKey("id", id),
        author: pubkey,
        source: "delivered",
      })));
    } catch (error) {
      signal?.throwIfAborted();
      if (!onFailure) throw error;
      onFailure(error);
    }
  }
}

/** The id of an event, by its key. */
function idOf(key: string): string {
  return key.slice("id:".length);
}
