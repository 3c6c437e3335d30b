/**
 * Stores the lists in the answers of relays, one answer after the other.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { BoundedMap } from "../base/bounded_map.ts";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import { type EventRefusedError, RelayFailureError } from "../nostr/errors.ts";
import type { ListSearch } from "./list_search.ts";

/** What a {@link ListIntake} needs. */
export interface ListIntakeOptions {
  readonly store: Pick<RelayListStore, "events" | "hold">;
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
}

/** Most relays that are reported for forged lists. */
const MAX_REPORTED_FORGERS = 1_000;

/**
 * Stores lists; the store verifies them, and the newest version wins. Lists that cannot be
 * stored are kept in memory, so that they serve whoever waits for them.
 */
export class ListIntake {
  readonly #options: ListIntakeOptions;
  /** The relays that were reported for forged lists. */
  readonly #forgers = new BoundedMap<string, true>({ max: MAX_REPORTED_FORGERS });
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ListIntakeOptions) {
    this.#options = options;
  }

  /**
   * Stores the lists that a relay sent, each with its search. Never rejects.
   *
   * @returns The searches whose list is stored, or kept in memory.
   */
  store(
    url: string,
    lists: ReadonlyMap<NostrEvent, ListSearch>,
  ): Promise<ReadonlySet<ListSearch>> {
    // In turn, so that a list that two relays send is verified only once.
    const result = this.#last.then(() => this.#store(url, lists));
    this.#last = result;
    return result;
  }

  async #store(
    url: string,
    lists: ReadonlyMap<NostrEvent, ListSearch>,
  ): Promise<ReadonlySet<ListSearch>> {
    const { store, signal, onError } = this.#options;
    const found = new Set<ListSearch>();
    const unstored: NostrEvent[] = [];
    for (const [event, search] of lists) {
      if (event.id === search.foundId) found.add(search);
      else unstored.push(event);
    }
    if (signal.aborted || unstored.length === 0) return found;
    try {
      const { refused } = await store.events(unstored, { signal });
      for (const event of this.#accepted(url, unstored, refused)) {
        const search = lists.get(event)!;
        search.foundId = event.id;
        found.add(search);
      }
      return found;
    } catch (cause) {
      if (signal.aborted) return found;
      onError(new Error(`Cannot store the lists of ${url}`, { cause }));
    }
    // Not remembered as found: the next relay that sends the same list has it stored, perhaps.
    for (const event of await this.#hold(url, unstored)) found.add(lists.get(event)!);
    return found;
  }

  /** Keeps lists in memory; returns those that were accepted. */
  async #hold(url: string, lists: readonly NostrEvent[]): Promise<NostrEvent[]> {
    const { store, signal } = this.#options;
    try {
      return this.#accepted(url, lists, await store.hold(lists, { signal }));
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  /** The lists that were not refused. Reports a relay that sends forged ones. */
  #accepted(
    url: string,
    lists: readonly NostrEvent[],
    refused: readonly EventRefusedError[],
  ): NostrEvent[] {
    this.#reportForger(url, refused);
    const isRefused = refusalCheck(refused);
    return lists.filter((event) => !isRefused(event));
  }

  /** Reports a relay that sends forged or malformed lists, once, up to a bound. */
  #reportForger(url: string, refused: readonly EventRefusedError[]): void {
    const forged = refused.filter(({ reason }) => reason === "forged" || reason === "malformed");
    if (forged.length === 0 || this.#forgers.has(url) || this.#forgers.isFull) return;
    this.#forgers.set(url, true);
    const detail = `${forged.length} lists in one answer are forged or malformed`;
    this.#options.onError(new RelayFailureError(url, "junk", detail, { cause: forged[0] }));
  }
}

/**
 * Tells which events were refused. An error for a deleted event may name a copy of it, as it
 * is valid; any other error names the very event.
 */
function refusalCheck(refused: readonly EventRefusedError[]): (event: NostrEvent) => boolean {
  const events = new Set(refused.map(({ event }) => event));
  const deleted = refused.filter(({ reason }) => reason === "deleted").map(({ event }) => event.id);
  const deletedIds = new Set(deleted);
  return (event) => events.has(event) || deletedIds.has(event.id);
}
