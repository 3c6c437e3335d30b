/**
 * Collects the hints of one input, and keeps them few.
 *
 * @module
 */

import { isPubkey } from "../nostr/pubkeys.ts";
import { isSubjectKey, subjectKey } from "../nostr/subject_key.ts";
import type { HintSource } from "../nostr/types.ts";
import type { Hint } from "./hint.ts";

/** Most relays that one input may name for one person, event or group. */
const MAX_RELAYS = 8;

/** Longest URL that is taken for a relay's. */
const MAX_URL_LENGTH = 256;

/** Hints, each once: what is malformed, was said before or is too much is left out. */
export class HintList {
  readonly #source: HintSource;
  /** By what they are about. */
  readonly #hints = new Map<string, Hint[]>();

  /** @param source Where those come from of which nothing else is said. */
  constructor(source: HintSource) {
    this.#source = source;
  }

  /** Somebody may be at a relay. */
  addPerson(pubkey: unknown, url: unknown): void {
    if (isPubkey(pubkey)) this.add(pubkey, url);
  }

  /** An event may be at a relay, and so may its author, where that is known. */
  addEvent(id: unknown, url: unknown, author?: unknown): void {
    if (!isPubkey(id)) return;
    this.add(subjectKey("id", id), url, author);
    this.addPerson(author, url);
  }

  /** A relay may be the host of a group (NIP-29). */
  addGroup(id: unknown, url: unknown): void {
    if (typeof id === "string") this.add(subjectKey("group", id), url);
  }

  /** Anything may be at a relay. */
  add(subject: unknown, url: unknown, author?: unknown, source: HintSource = this.#source): void {
    if (typeof url !== "string" || url === "" || url.length > MAX_URL_LENGTH) return;
    if (!isSubjectKey(subject)) return;
    const hint = isPubkey(author) ? { subject, url, source, author } : { subject, url, source };
    const hints = this.#hints.get(subject);
    if (!hints) return void this.#hints.set(subject, [hint]);
    const known = hints.findIndex((other) => other.url === url);
    if (known >= 0) { if (hints[known].author === undefined) hints[known] = hint; }
    else if (hints.length < MAX_RELAYS) hints.push(hint);
  }

  /** All hints, those about one thing side by side. */
  all(): Hint[] {
    return [...this.#hints.values()].flat();
  }
}
