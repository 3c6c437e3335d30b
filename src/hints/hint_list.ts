/**
 * Collects the hints of one input, and bounds their number.
 *
 * @module
 */

import { coordinatePubkey } from "../nostr/coordinate.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { HintSource } from "../nostr/relay_knowledge.ts";
import { isEventKey, isSubjectKey, subjectKey } from "../nostr/subject_key.ts";
import type { Hint } from "./hint.ts";

/** Most relays that one input may name for one subject. */
const MAX_RELAYS = 8;

/** Most characters of a relay's URL. */
const MAX_URL_LENGTH = 256;

/** A list of distinct hints. Leaves out what is malformed, repeated or too much. */
export class HintList {
  readonly #source: HintSource;
  /** By subject. */
  readonly #hints = new Map<string, Hint[]>();

  /** @param source The source of hints that are added without one. */
  constructor(source: HintSource) {
    this.#source = source;
  }

  /** Adds that a person may be at a relay. */
  addPerson(pubkey: unknown, url: unknown): void {
    if (isPubkey(pubkey)) this.add(pubkey, url);
  }

  /**
   * Adds that an event, and its author if known, may be at a relay; without a relay's URL, who the
   * author is.
   */
  addEvent(id: unknown, url: unknown, author?: unknown): void {
    if (!isPubkey(id)) return;
    this.add(subjectKey("id", id), url, author);
    this.addPerson(author, url);
  }

  /** Adds that an event, named by its coordinate, and its author may be at a relay. */
  addAddress(coordinate: unknown, url: unknown): void {
    if (typeof coordinate !== "string") return;
    this.add(subjectKey("address", coordinate), url);
    this.addPerson(coordinatePubkey(coordinate), url);
  }

  /** Adds that a relay may be the host of a group (NIP-29). */
  addGroup(id: unknown, url: unknown): void {
    if (typeof id === "string") this.add(subjectKey("group", id), url);
  }

  /** Adds that a subject may be at a relay, or where an event's author writes. */
  add(subject: unknown, url: unknown, author?: unknown, source: HintSource = this.#source): void {
    if (!isSubjectKey(subject)) return;
    const isNamed = isPubkey(author);
    const hasUrl = typeof url === "string" && url !== "" && url.length <= MAX_URL_LENGTH;
    if (!hasUrl && !(isNamed && isEventKey(subject))) return;
    const hint: Hint = {
      subject,
      ...hasUrl ? { url } : {},
      source,
      ...isNamed ? { author } : {},
    };
    const hints = this.#hints.get(subject);
    if (!hints) return void this.#hints.set(subject, [hint]);
    const index = hints.findIndex((other) => other.url === hint.url);
    if (index >= 0) { if (hints[index].author === undefined) hints[index] = hint; }
    else if (hints.length < MAX_RELAYS) hints.push(hint);
  }

  /** All hints, grouped by subject. */
  all(): Hint[] {
    return [...this.#hints.values()].flat();
  }
}
