/**
 * Takes in the lists that relays answer with, one answer after the other.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import { type EventRefusedError, RelayFailureError } from "../nostr/errors.ts";
import type { ListSearch } from "./list_search.ts";

/** What an intake needs. */
export interface IntakeOptions {
  readonly store: Pick<RelayListStore, "events">;
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
}

/** What came of one answer. */
export interface Taken {
  /** The searches that have their list. */
  readonly found: ReadonlySet<ListSearch>;
  /** Whether the store could say what it has. */
  readonly isStored: boolean;
}

/** Most relays that are remembered for having sent what is forged. */
const MOST_LIARS = 1_000;

/** Stores lists; the store verifies them, and the newest wins. */
export class ListIntake {
  readonly #options: IntakeOptions;
  readonly #liars = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  /** Nothing is stored yet. */
  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Stores what a relay answered with, each list with its search. Never rejects. */
  take(url: string, lists: ReadonlyMap<NostrEvent, ListSearch>): Promise<Taken> {
    // In turn, so that what two relays have is verified but once.
    const taken = this.#last.then(() => this.#take(url, lists));
    this.#last = taken;
    return taken;
  }

  async #take(url: string, lists: ReadonlyMap<NostrEvent, ListSearch>): Promise<Taken> {
    const { store, signal, onError } = this.#options;
    const found = new Set<ListSearch>();
    const news: NostrEvent[] = [];
    for (const [event, search] of lists) {
      if (event.id === search.foundId) found.add(search);
      else news.push(event);
    }
    if (signal.aborted) return { found, isStored: false };
    if (news.length === 0) return { found, isStored: true };
    try {
      const { refused } = await store.events(news, { signal });
      this.#tell(url, refused);
      const isRefused = refusals(refused);
      for (const event of news) {
        if (isRefused(event)) continue;
        const search = lists.get(event)!;
        search.foundId = event.id;
        found.add(search);
      }
      return { found, isStored: true };
    } catch (cause) {
      if (!signal.aborted) onError(new Error(`Cannot store the lists of ${url}`, { cause }));
      return { found, isStored: false };
    }
  }

  /** Tells of a relay that lies, once. */
  #tell(url: string, refused: readonly EventRefusedError[]): void {
    const lies = refused.filter(({ reason }) => reason === "forged" || reason === "malformed");
    if (lies.length === 0 || this.#liars.has(url) || this.#liars.size >= MOST_LIARS) return;
    this.#liars.add(url);
    const detail = `${lies.length} lists in one answer are forged or malformed`;
    this.#options.onError(new RelayFailureError(url, "junk", detail, { cause: lies[0] }));
  }
}

/** Says which events were refused: of those in order a copy may be named, of others the very event. */
function refusals(refused: readonly EventRefusedError[]): (event: NostrEvent) => boolean {
  const events = new Set(refused.map(({ event }) => event));
  const taken = refused.filter(({ reason }) => reason === "deleted").map(({ event }) => event.id);
  const ids = new Set(taken);
  return (event) => events.has(event) || ids.has(event.id);
}
