/**
 * Events for tests of databases. They are not signed: that is checked elsewhere.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { getEventHash } from "nostr-tools";

/** What an event shall say; the rest has defaults. */
export interface Draft {
  /** A small number for the author. */
  readonly author?: number;
  readonly kind?: number;
  readonly created_at?: number;
  readonly content?: string;
  readonly tags?: string[][];
}

/** Makes an event of a draft: with a real signature, where a store wants one. */
export type Sign = (draft: Draft) => NostrEvent;

/** An event with a real id and no real signature. */
export function unsigned(draft: Draft = {}): NostrEvent {
  const { author = 1, kind = 1, created_at = 1_700_000_000 } = draft;
  const { content = "", tags = [] } = draft;
  const pubkey = author.toString(16).padStart(2, "0").repeat(32);
  const template = { kind, created_at, content, tags, pubkey };
  return { ...template, id: getEventHash(template), sig: "0".repeat(128) };
}

/** Two events with the lower id first. */
export function byId(a: NostrEvent, b: NostrEvent): [NostrEvent, NostrEvent] {
  return a.id < b.id ? [a, b] : [b, a];
}
