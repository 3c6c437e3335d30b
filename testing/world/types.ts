/**
 * Types of a synthetic network.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import type { WorldRelay } from "./relays.ts";
import type { WorldTag } from "./tags.ts";

/** What a world is drawn from. */
export interface WorldOptions {
  /** How many people the user follows. */
  readonly follows: number;
  /** Any integer; the same seed gives the same world. */
  readonly seed: number;
  /** How far back posts go. @default 365 */
  readonly days?: number;
  /** Share of the follows who have a list. @default 0.77 */
  readonly listed?: number;
}

/** A network as one user sees it. */
export interface World {
  /** The follows, in no particular order: 64 hex characters each. */
  readonly pubkeys: readonly string[];
  /** The relay lists of those who have one, in normal form. */
  readonly lists: ReadonlyMap<string, RelayList>;
  /** The same lists as tags of the event, with markers and junk. */
  readonly tags: ReadonlyMap<string, readonly WorldTag[]>;
  /** All relays, most popular first. */
  readonly relays: readonly WorldRelay[];
  /** The relays by URL. */
  readonly relayOf: ReadonlyMap<string, WorldRelay>;
  /** When it is, in Unix seconds. */
  readonly now: number;
  /** Per post the index of its author in `pubkeys`; one author's are adjacent. */
  readonly authorOf: Uint32Array;
  /** Per post its `created_at`, newest first within an author. */
  readonly timeOf: Uint32Array;
  /** Per author the index of the first post; one entry more than authors. */
  readonly firstPost: Uint32Array;
  /** Per relay (by rank), per author, the posts it holds, newest first. */
  readonly holdings: readonly ReadonlyMap<number, Uint32Array>[];
  /**
   * The posts with which a relay answers one filter, newest first, cut at its cap. Knows
   * `authors`, `kinds`, `since`, `until` and `limit`; every post is of kind 1.
   * `undefined`: it is dead or unknown.
   */
  answer(url: string, filter: NostrFilter): Uint32Array | undefined;
}
