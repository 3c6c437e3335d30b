/**
 * Who wrote the events that passed by, and the relays that sent them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import {
  isAddressableKind,
  isEphemeralKind,
  isReplaceableKind,
  Reaction,
  Zap,
} from "nostr-tools/kinds";
import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { DELETION_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { RelayHint } from "../nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { isAddressKey, isEventKey, isSubjectKey, subjectKey } from "../nostr/subject_key.ts";
import { hintWeight } from "./hint_weight.ts";

/** What {@link EventSightings} needs, and its bound. */
export interface EventSightingsOptions {
  readonly clock: Clock;
  /** Keeps sightings over a restart. Absent: nothing does. */
  readonly backend?: RecordStore;
  /** Called with failures of the backend. */
  readonly onError: (error: Error) => void;
  /** Checks each relay when it is read. */
  readonly check: (url: string) => RelayUrlCheck;
  /** Most events; an integer of at least 1. @default 20_000 */
  readonly max?: number;
}

/** Most relays that are kept of one event: the first that sent it. */
const MAX_RELAYS = 3;
/** Most characters of a relay's URL. */
const MAX_URL_LENGTH = 256;

/** Kinds to which hardly anybody replies; they are half of what passes. */
const SELDOM_ANSWERED = new Set([DELETION_KIND, Reaction, Zap, ...GIFT_WRAP_KINDS]);

/**
 * The events that were seen last. A record is one text: when the event was first seen, in Unix
 * seconds, its author, and relays, with spaces between. 20,000 events take about 9 MB.
 */
export class EventSightings {
  readonly #options: EventSightingsOptions;
  /** By key (see `subjectKey`). */
  readonly #records: PersistentMap<string>;

  /** Reads nothing before {@link EventSightings.ready}. */
  constructor(options: EventSightingsOptions) {
    this.#options = options;
    this.#records = new PersistentMap({
      ...options,
      max: options.max ?? 20_000,
      topic: "event",
      name: "events",
      isKey: (key) => (isEventKey(key) || isAddressKey(key)) && isSubjectKey(key),
      parse: (text) => isSighting(text) ? text : undefined,
      format: (text) => text,
      changedAt: (text) => Number(text.slice(0, text.indexOf(" "))),
    });
  }

  /** Resolves once the database's sightings are read, or cannot be read. Never rejects. */
  ready(): Promise<void> {
    return this.#records.ready();
  }

  /** How many events are known. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Notes who wrote an event, and that a relay has it. Leaves out kinds to which hardly anybody
   * replies, and what is replaced: relays of the author are known by other means.
   *
   * @param event Its signature must be verified.
   * @param url In normal form.
   */
  saw({ id, kind, pubkey, tags }: NostrEvent, url: string): void {
    if (SELDOM_ANSWERED.has(kind) || isEphemeralKind(kind) || isReplaceableKind(kind)) return;
    this.#note(subjectKey("id", id), pubkey, url);
    if (!isAddressableKind(kind)) return;
    const [, name = ""] = tags.find(([tag]) => tag === "d") ?? [];
    this.#note(subjectKey("address", `${kind}:${pubkey}:${name}`), pubkey, url);
  }

  #note(key: string, pubkey: string, url: string): void {
    const known = this.#records.get(key);
    // Most events come from several relays: what is known already must cost nothing.
    if (known !== undefined && !isNews(known, url)) return;
    const start = `${Math.floor(this.#options.clock.now() / 1000)} ${pubkey}`;
    const change = (text: string) => isNews(text, url) ? `${text || start} ${url}` : text;
    this.#records.change(key, change, "");
  }

  /** The author of an event, if it was seen. */
  authorOf(key: string): string | undefined {
    return this.#records.get(key)?.split(" ", 2)[1];
  }

  /** The relays that sent an event, as hints; the first to send it first. */
  get(key: string): RelayHint[] {
    const text = this.#records.get(key);
    if (text === undefined) return [];
    const { check, clock } = this.#options;
    const [seen, , ...urls] = text.split(" ");
    const weight = hintWeight({ delivered: Number(seen) }, Math.floor(clock.now() / 1000));
    return urls.filter((url) => check(url).url === url)
      .map((url) => ({ url, weight, source: "delivered" }));
  }

  /** Writes changes to the database for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }
}

/** Whether a record, empty for none, does not have a relay yet and has room for it. */
function isNews(text: string, url: string): boolean {
  if (url.length > MAX_URL_LENGTH || url.includes(" ")) return false;
  return text === "" || !`${text} `.includes(` ${url} `) && text.split(" ").length < 2 + MAX_RELAYS;
}

function isSighting(text: unknown): text is string {
  if (typeof text !== "string" || text.length > MAX_RELAYS * (MAX_URL_LENGTH + 1) + 100) {
    return false;
  }
  const [seen, author] = text.split(" ", 2);
  return /^\d{1,15}$/.test(seen) && isPubkey(author);
}
