/**
 * Brings an author's relay list (kind 10002) to the relays that got an event of
 * theirs, so that whoever finds the event finds its author (NIP-65).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { abortable } from "../base/abortable.ts";
import { integer } from "../base/check_option.ts";
import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { RELAY_LIST_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import { isNewer, type Version } from "../nostr/versions.ts";
import { eventRule } from "../plan/event_rules.ts";

/** What a {@link ListRebroadcaster} is made of. */
export interface ListRebroadcasterOptions {
  /** Where relay lists are. A {@link RelayListStore} is one. */
  readonly store: {
    query(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<NostrEvent[]>;
  };
  /** Sends an event to a relay, in bounded time; rejects if the relay did not take it. */
  readonly publish: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** Where it survives a restart which relay has which list. Absent: nowhere. */
  readonly backend?: RecordStore;
  /**
   * Told of a list that could not be looked up, or that a relay did not take, and of what
   * goes wrong with the backend.
   */
  readonly onError: (error: Error) => void;
  /**
   * Most pairs of a relay and an author that are remembered, and most that are worked on
   * at once; an integer >= 1. A pair takes about 800 bytes. Of those that are forgotten,
   * a relay gets a list that it has.
   * @default 5_000
   */
  readonly max?: number;
}

/** How long a relay that did not take an author's list is not offered one again, in milliseconds. */
const RETRY_AFTER = 3_600_000;

/** Which version of an author's list a relay has. */
interface Held extends Version {
  /** Since when that is known, in milliseconds since 1970. */
  readonly at: number;
}

/** A relay that is not known to have any. */
const NONE: Held = { id: "", created_at: -1, at: 0 };

/** What is being done about one relay and author. */
interface Job {
  /** Whether something was published meanwhile: there may be a newer list. */
  isAsked: boolean;
  done: Promise<void>;
}

/** Sends each version of an author's relay list once to each relay that took an event. */
export class ListRebroadcaster {
  readonly #options: ListRebroadcasterOptions;
  readonly #max: number;
  readonly #held: PersistentMap<Held>;
  /** Of whom something was published, those of whom it was first at the front. */
  readonly #authors = new Set<string>();
  /** When a relay that did not take a list may be offered one again. */
  readonly #retryAt = new Map<string, number>();
  readonly #jobs = new Map<string, Job>();
  readonly #closing = new AbortController();

  /** @throws {RangeError} If `max` is no integer >= 1. */
  constructor(options: ListRebroadcasterOptions) {
    const { backend, clock, onError } = options;
    this.#options = options;
    this.#max = integer("max", options.max, 5_000, 1);
    this.#held = new PersistentMap<Held>({
      ...{ backend, clock, onError, max: this.#max },
      topic: "spread",
      name: "lists that relays have",
      isKey,
      parse,
      format: ({ id, created_at, at }) => `${id} ${created_at} ${at}`,
      changedAt: ({ at }) => at,
    });
  }

  /**
   * A relay took an event: it gets its author's newest relay list unless it has it. Not
   * for what only some are to see (gift wraps, drafts, groups, protected events), nor for
   * ephemeral events and requests to vanish. A relay list itself is noted as had.
   *
   * @param url The relay, in normal form.
   */
  published(event: NostrEvent, url: string): void {
    const { kind, pubkey } = event;
    if (!isPublic(event)) return;
    this.#authors.delete(pubkey);
    keepNewest(this.#authors.add(pubkey), this.#max);
    if (kind === RELAY_LIST_KIND) return this.#note(event, url);

    const key = keyOf(url, pubkey);
    const job = this.#jobs.get(key);
    if (job) job.isAsked = true;
    else if (this.#jobs.size < this.#max) {
      const job: Job = { isAsked: true, done: Promise.resolve() };
      this.#jobs.set(key, job);
      job.done = this.#work(job, url, pubkey);
    }
  }

  /**
   * A relay delivered a kind 10002 event, whose signature is known to be right. Noted for
   * authors of whom something was published, so that strangers' lists take no place.
   *
   * @param url The relay, in normal form.
   */
  has(list: NostrEvent, url: string): void {
    if (list.kind === RELAY_LIST_KIND && this.#authors.has(list.pubkey)) this.#note(list, url);
  }

  /** Resolves once nothing is being looked up or sent. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) {
      await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    }
  }

  /** Ends what is under way, and writes what is known; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
    await this.#held.close();
  }

  /** Never rejects. */
  async #work(job: Job, url: string, pubkey: string): Promise<void> {
    await this.#held.ready();
    while (job.isAsked && !this.#closing.signal.aborted) {
      job.isAsked = false;
      await this.#spread(url, pubkey);
    }
    this.#jobs.delete(keyOf(url, pubkey));
  }

  async #spread(url: string, pubkey: string): Promise<void> {
    const { clock, publish } = this.#options;
    const { signal } = this.#closing;
    const key = keyOf(url, pubkey);
    if (clock.now() < (this.#retryAt.get(key) ?? 0)) return;
    const list = await this.#newest(pubkey);
    if (!list || !isNewer(list, this.#held.get(key) ?? NONE)) return;
    try {
      await abortable(publish(url, list, signal), signal);
      this.#note(list, url);
    } catch (cause) {
      if (signal.aborted) return;
      this.#retryAt.delete(key);
      keepNewest(this.#retryAt.set(key, clock.now() + RETRY_AFTER), this.#max);
      this.#tell(`Cannot bring the relay list of ${pubkey} to ${url}`, cause);
    }
  }

  /** An author's relay list, if it is one that every relay may have. */
  async #newest(pubkey: string): Promise<NostrEvent | undefined> {
    const { signal } = this.#closing;
    const filter = { kinds: [RELAY_LIST_KIND], authors: [pubkey], limit: 1 };
    try {
      const [list] = await abortable(this.#options.store.query([filter], { signal }), signal);
      return list && isPublic(list) ? list : undefined;
    } catch (cause) {
      if (!signal.aborted) this.#tell(`Cannot look up the relay list of ${pubkey}`, cause);
    }
  }

  #note({ id, created_at, pubkey }: NostrEvent, url: string): void {
    const list: Held = { id, created_at, at: this.#options.clock.now() };
    this.#held.change(keyOf(url, pubkey), (held) => isNewer(list, held) ? list : held, NONE);
  }

  #tell(message: string, cause: unknown): void {
    this.#options.onError(new Error(message, { cause }));
  }
}

/** Whether an event is for everyone to see and to keep. */
function isPublic(event: NostrEvent): boolean {
  const { to } = eventRule(event);
  return ["outbox-and-inboxes", "indexed", "everywhere", "deleted"].includes(to) &&
    event.kind !== VANISH_KIND && !isEphemeralKind(event.kind);
}

function keyOf(url: string, pubkey: string): string {
  return `${url} ${pubkey}`;
}

function isKey(key: string): boolean {
  return key.length <= 256 + 65 && /^wss?:\/\/[!-~]+ [0-9a-f]{64}$/.test(key);
}

function parse(text: string): Held | undefined {
  const [, id, created_at, at] = /^([0-9a-f]{64}) (\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  return id === undefined ? undefined : { id, created_at: Number(created_at), at: Number(at) };
}

/** Drops what came first where there is too much. */
function keepNewest(
  all: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean },
  max: number,
): void {
  if (all.size > max) all.delete(all.keys().next().value!);
}
