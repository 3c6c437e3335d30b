/**
 * Rebroadcasts an author's relay list (kind 10002) to the relays that accepted an event of
 * theirs, so that whoever finds the event finds its author (NIP-65).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { abortable } from "../base/abortable.ts";
import { BoundedMap } from "../base/bounded_map.ts";
import { integer } from "../base/check_option.ts";
import type { Clock } from "../base/clock.ts";
import { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import { RELAY_LIST_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import { isNewer, type Version } from "../nostr/versions.ts";
import { eventRule } from "../plan/event_rules.ts";

/** What a {@link ListRebroadcaster} needs. */
export interface ListRebroadcasterOptions {
  /** Holds relay lists. A {@link RelayListStore} is one. */
  readonly store: {
    query(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<NostrEvent[]>;
  };
  /** Sends an event to a relay, in bounded time; rejects if the relay did not accept it. */
  readonly publish: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** Keeps over a restart which relay has which list. Absent: nothing does. */
  readonly backend?: RecordStore;
  /**
   * Called with each list that could not be looked up or that a relay did not accept, and
   * with failures of the backend.
   */
  readonly onError: (error: Error) => void;
  /**
   * Most pairs of a relay and an author that are remembered, and most that are handled at
   * once; an integer of at least 1. A pair takes about 800 bytes. For a forgotten pair, a
   * relay gets a list again that it has.
   * @default 5_000
   */
  readonly max?: number;
}

/** How long a relay that did not accept an author's list is not offered one again. */
const RETRY_AFTER_MS = 3_600_000;

/** The version of an author's list that a relay holds. */
interface HeldVersion extends Version {
  /** Since when that is known, in milliseconds since 1970. */
  readonly at: number;
}

/** Stands for a relay that is not known to hold any version. */
const NO_VERSION: HeldVersion = { id: "", created_at: -1, at: 0 };

/** The work for one relay and author. */
interface Job {
  /** Whether an event was published since the list was last read: there may be a newer one. */
  isRequested: boolean;
  done: Promise<void>;
}

/** Sends each version of an author's relay list once to each relay that accepted an event. */
export class ListRebroadcaster {
  readonly #options: ListRebroadcasterOptions;
  readonly #max: number;
  readonly #held: PersistentMap<HeldVersion>;
  /** The authors of published events. */
  readonly #authors: BoundedMap<string, true>;
  /** When a relay that did not accept a list may be offered one again. */
  readonly #retryAt: BoundedMap<string, number>;
  readonly #jobs = new Map<string, Job>();
  readonly #closing = new AbortController();

  /** @throws {RangeError} If `max` is not an integer of at least 1. */
  constructor(options: ListRebroadcasterOptions) {
    const { backend, clock, onError } = options;
    const max = integer("max", options.max, 5_000, 1);
    this.#options = options;
    this.#max = max;
    this.#authors = new BoundedMap({ max });
    this.#retryAt = new BoundedMap({ max });
    this.#held = new PersistentMap<HeldVersion>({
      ...{ backend, clock, onError, max },
      topic: "spread",
      name: "lists that relays hold",
      isKey,
      parse,
      format: ({ id, created_at, at }) => `${id} ${created_at} ${at}`,
      changedAt: ({ at }) => at,
    });
  }

  /**
   * Handles an event that a relay accepted: sends the relay its author's newest relay list,
   * unless it has that. Leaves out what only some may see (gift wraps, drafts, groups,
   * protected events), ephemeral events and requests to vanish. Records a relay list itself
   * as held by the relay.
   *
   * @param url The relay, in normal form.
   */
  published(event: NostrEvent, url: string): void {
    const { kind, pubkey } = event;
    if (!isPublic(event)) return;
    this.#authors.set(pubkey, true);
    if (kind === RELAY_LIST_KIND) return this.#recordHeld(event, url);

    const key = keyOf(url, pubkey);
    const job = this.#jobs.get(key);
    if (job) job.isRequested = true;
    else if (this.#jobs.size < this.#max) {
      const job: Job = { isRequested: true, done: Promise.resolve() };
      this.#jobs.set(key, job);
      job.done = this.#run(job, url, pubkey);
    }
  }

  /**
   * Records that a relay delivered a kind 10002 event, whose signature must be verified.
   * Ignores authors without a published event, so that strangers' lists evict nothing.
   *
   * @param url The relay, in normal form.
   */
  has(list: NostrEvent, url: string): void {
    if (list.kind !== RELAY_LIST_KIND || !this.#authors.has(list.pubkey)) return;
    this.#recordHeld(list, url);
  }

  /** Resolves once nothing is being looked up or sent. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) {
      await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    }
  }

  /** Ends what is under way, and writes the records; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
    await this.#held.close();
  }

  /** Never rejects. */
  async #run(job: Job, url: string, pubkey: string): Promise<void> {
    await this.#held.ready();
    while (job.isRequested && !this.#closing.signal.aborted) {
      job.isRequested = false;
      await this.#rebroadcast(url, pubkey);
    }
    this.#jobs.delete(keyOf(url, pubkey));
  }

  async #rebroadcast(url: string, pubkey: string): Promise<void> {
    const { clock, publish } = this.#options;
    const { signal } = this.#closing;
    const key = keyOf(url, pubkey);
    if (clock.now() < (this.#retryAt.get(key) ?? 0)) return;
    const list = await this.#newestList(pubkey);
    if (!list || !isNewer(list, this.#held.get(key) ?? NO_VERSION)) return;
    try {
      await abortable(publish(url, list, signal), signal);
      this.#recordHeld(list, url);
    } catch (cause) {
      if (signal.aborted) return;
      this.#retryAt.set(key, clock.now() + RETRY_AFTER_MS);
      this.#report(`Cannot rebroadcast the relay list of ${pubkey} to ${url}`, cause);
    }
  }

  /** An author's relay list, if every relay may have it. */
  async #newestList(pubkey: string): Promise<NostrEvent | undefined> {
    const { signal } = this.#closing;
    const filter = { kinds: [RELAY_LIST_KIND], authors: [pubkey], limit: 1 };
    try {
      const [list] = await abortable(this.#options.store.query([filter], { signal }), signal);
      return list && isPublic(list) ? list : undefined;
    } catch (cause) {
      if (!signal.aborted) this.#report(`Cannot look up the relay list of ${pubkey}`, cause);
    }
  }

  #recordHeld({ id, created_at, pubkey }: NostrEvent, url: string): void {
    const version: HeldVersion = { id, created_at, at: this.#options.clock.now() };
    const change = (held: HeldVersion) => isNewer(version, held) ? version : held;
    this.#held.change(keyOf(url, pubkey), change, NO_VERSION);
  }

  #report(message: string, cause: unknown): void {
    this.#options.onError(new Error(message, { cause }));
  }
}

/** Whether everyone may see and keep an event. */
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

function parse(text: string): HeldVersion | undefined {
  const [, id, created_at, at] = /^([0-9a-f]{64}) (\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  return id === undefined ? undefined : { id, created_at: Number(created_at), at: Number(at) };
}
