/**
 * Relays for discovery that do what a test says.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import type { SearchAnswer } from "../../src/discovery/relay_search_queue.ts";

/** Indexers. */
export const I1 = "wss://i1.example/", I2 = "wss://i2.example/", I3 = "wss://i3.example/";
/** A fallback relay. */
export const F = "wss://f.example/";
/** A relay that hints name. */
export const H = "wss://h.example/";

/** One request at a relay. */
export interface FakeRequest {
  readonly url: string;
  readonly filters: readonly NostrFilter[];
  /** The authors of all filters. */
  readonly authors: readonly string[];
  readonly onEvent: (event: NostrEvent) => void;
  /** Ends the request. */
  readonly end: (answer?: SearchAnswer) => void;
  /** Whether either side has ended it. */
  isOver: boolean;
  /** Whether the client ended it. */
  wasAborted: boolean;
}

/** What a relay does with a request; it may do it later. */
export type FakeRelay = (request: FakeRequest) => void;

/** How relays end their answers. */
export const COMPLETE: SearchAnswer = { answered: true, complete: true };
export const CUT: SearchAnswer = { answered: true, complete: false };
export const FAILED: SearchAnswer = { answered: false, complete: false };

/** A relay that holds these events, and answers at once. */
export function holds(events: readonly NostrEvent[], answer: SearchAnswer = COMPLETE): FakeRelay {
  const byAuthor = new Map<string, NostrEvent[]>();
  for (const event of events) {
    byAuthor.set(event.pubkey, [...byAuthor.get(event.pubkey) ?? [], event]);
  }
  return ({ filters, authors, onEvent, end }) => {
    for (const author of authors) {
      for (const event of byAuthor.get(author) ?? []) {
        if (matchFilters([...filters], event)) onEvent(event);
      }
    }
    end(answer);
  };
}

/** A relay that cannot be asked. */
export const fails: FakeRelay = ({ end }) => end(FAILED);
/** A relay that never ends its answer. */
export const hangs: FakeRelay = () => {};

/** The same relay at each indexer. */
export const indexers = (relay: FakeRelay): Record<string, FakeRelay> => ({
  [I1]: relay,
  [I2]: relay,
  [I3]: relay,
});

/** A network in which no relay can be asked. */
export const outage = (): Record<string, FakeRelay> => ({ ...indexers(fails), [F]: fails });
