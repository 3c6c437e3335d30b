/**
 * The options of `Discovery`.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { PersistentMap } from "../base/persistent_map.ts";
import type { WorkTime } from "../base/workload.ts";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import type { DiscoveryProgress } from "./discovery_progress.ts";
import type { AskRelay } from "./relay_search_queue.ts";
import type { SearchLog } from "./search_log.ts";

/** What `Discovery` needs. Relays are URLs in normal form; functions must not throw. */
export interface DiscoveryOptions {
  readonly clock: Clock;
  /**
   * What the program does with what relays send: lists that came in time are waited for until they
   * are verified. @default it is never busy
   */
  readonly workload?: WorkTime;
  /** A random number in [0, 1), so that programs that started together drift apart. */
  readonly random: () => number;
  /** Stores lists, and verifies them. */
  readonly store: Pick<
    RelayListStore,
    "peek" | "get" | "query" | "events" | "hold" | "onList" | "reload"
  >;
  readonly ask: AskRelay;
  /** Relays that hold everybody's lists. Only they can prove that somebody has none. */
  readonly indexers: readonly string[];
  /** More indexers as of this moment. @default none */
  readonly moreIndexers?: () => readonly string[];
  /** Relays that are asked last. */
  readonly fallbacks: readonly string[];
  /** Other relays that may have somebody's list, the best first. */
  readonly hintsOf: (pubkey: string) => readonly string[];
  /** Whether a relay may be asked now: it is not in back-off, and nobody blocks it. */
  readonly isUsable: (url: string) => boolean;
  /** The weight of a relay, above 0. */
  readonly weight: (url: string) => number;
  /** When lists were searched for; closed together with the discovery. */
  readonly searchLog: PersistentMap<SearchLog>;
  /**
   * Claims searches, by kind and pubkey, for some milliseconds; returns those that no other process
   * has claimed. Call {@link Discovery.heard} with what others log.
   * @default no other process searches
   */
  readonly claim?: (keys: readonly string[], ms: number) => Promise<ReadonlySet<string>>;
  /** After how many milliseconds a list is requested again. */
  readonly refreshAfter: number;
  /** After how many milliseconds the list of someone who has none is requested again. */
  readonly missingTtl: number;
  /** Most people in one request. @default 250 */
  readonly maxAuthors?: number;
  /** Called with how many lists are requested at once, which are about to come. */
  readonly onSearch?: (lists: number) => void;
  /** Called with the progress of all searches since the start. */
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  /** Called with each failure. */
  readonly onError: (error: Error) => void;
}

/** How lists are found. */
export interface FindOptions {
  readonly signal?: AbortSignal;
  /** How many milliseconds to wait for them in which the program is not behind. */
  readonly wait: number;
  /** Called once with the people whose lists are waited for, as soon as that is known. */
  readonly onWaiting?: (pubkeys: readonly string[]) => void;
}
