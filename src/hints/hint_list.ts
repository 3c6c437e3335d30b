/**
 * Collects the hints of one input, and keeps them few.
 *
 * @module
 */

import { type Hint, hintKey } from "../hint.ts";
import { isPubkey } from "../pubkeys.ts";
import type { HintSource } from "../types.ts";

/** Most relays that one input may name for one person, event or group. */
const MAX_RELAYS = 8;

/** Longest URL that is taken for a relay's. */
const MAX_URL_LENGTH = 256;

/** What a hint can be about; the longest id of a group that is taken for one has 100 characters. */
const ABOUT = /^(?:(?:id:)?[0-9a-f]{64}|group:[^]{1,100})$/;

/** Hints, each once: what is malformed, was said before or is too much is left out. */
export class HintList {
  readonly #source: HintSource;
  readonly #hints = new Map<string, Map<string, Hint>>();

  /** @param source Where those come from of which nothing else is said. */
  constructor(source: HintSource) {
    this.#source = source;
  }

  /** Somebody may be at a relay. */
  addPerson(pubkey: unknown, url: unknown): void {
    this.add(pubkey, url);
  }

  /** An event may be at a relay, and so may its author, where that is known. */
  addEvent(id: unknown, url: unknown, author?: unknown): void {
    if (!isPubkey(id)) return;
    this.add(hintKey("id", id), url, author);
    if (author !== undefined) this.add(author, url);
  }

  /** A relay may be the host of a group (NIP-29). */
  addGroup(id: unknown, url: unknown): void {
    if (typeof id === "string") this.add(hintKey("group", id), url);
  }

  /** Anything may be at a relay. */
  add(about: unknown, url: unknown, author?: unknown, source: HintSource = this.#source): void {
    if (typeof url !== "string" || url === "" || url.length > MAX_URL_LENGTH) return;
    if (typeof about !== "string" || !ABOUT.test(about)) return;
    const hints = this.#hints.get(about) ?? new Map<string, Hint>();
    if (hints.get(url)?.author !== undefined) return;
    if (!hints.has(url) && hints.size === MAX_RELAYS) return;
    hints.set(url, isPubkey(author) ? { about, url, source, author } : { about, url, source });
    this.#hints.set(about, hints);
  }

  /** All hints, those about one thing side by side. */
  all(): Hint[] {
    return [...this.#hints.values()].flatMap((hints) => [...hints.values()]);
  }
}
