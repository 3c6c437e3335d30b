/**
 * What discovery is made of.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { PersistentMap } from "../base/persistent_map.ts";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import type { DiscoveryProgress } from "./discovery_progress.ts";
import type { AskRelay } from "./relay_search_queue.ts";
import type { SearchLog } from "./search_log.ts";

/** See the module. Relays are URLs in normal form; functions must not throw. */
export interface DiscoveryOptions {
  readonly clock: Clock;
  /** Dice in [0, 1): so that programs that were started together do not ask together. */
  readonly random: () => number;
  /** Where lists are stored, which verifies them. */
  readonly store: Pick<RelayListStore, "peek" | "get" | "query" | "events" | "onList">;
  readonly ask: AskRelay;
  /** Relays that keep everybody's lists. They alone can say that somebody has none. */
  readonly indexers: readonly string[];
  /** Relays that are asked last. */
  readonly fallbacks: readonly string[];
  /** Where somebody's list may be besides, the best first. */
  readonly hintsOf: (pubkey: string) => readonly string[];
  /** Whether a relay may be asked for now: it does not back off, and nobody blocks it. */
  readonly isUsable: (url: string) => boolean;
  /** How much a relay is worth, above 0. */
  readonly weight: (url: string) => number;
  /** When who was asked for; closed together with the discovery. */
  readonly searchLog: PersistentMap<SearchLog>;
  /** After how many milliseconds a list is asked for anew. */
  readonly refreshAfter: number;
  /** After how many milliseconds one who has no list is asked for anew. */
  readonly missingTtl: number;
  /** Most people in one request. @default 250 */
  readonly maxAuthors?: number;
  /** Told of the progress of all that was wanted since the start. */
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  /** Told of what goes wrong. */
  readonly onError: (error: Error) => void;
}
