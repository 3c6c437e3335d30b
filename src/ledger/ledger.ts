/**
 * Sends what is published to each of its relays, until each has taken or refused it or time is up.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../base/record_store.ts";
import { expiresAt } from "../nostr/expiration.ts";
import { LedgerBook } from "./ledger_book.ts";
import { isOnce, offerOutcome } from "./offer_outcome.ts";
import {
  endOf,
  isPending,
  type NewTarget,
  newTarget,
  type PublicationRecord,
  type PublicationTarget,
} from "./publication.ts";
import type { OfferOutcome, PublicationChange } from "./publication_change.ts";
import { ledgerHandle } from "./ledger_handle.ts";
import type { Publication } from "./publication_handle.ts";
import { SendSchedule } from "./send_schedule.ts";
import { addressOf } from "./superseded.ts";
import { QueuedOffers } from "./queued_offers.ts";

/** What a {@link Ledger} needs. */
export interface LedgerOptions {
  readonly clock: Clock;
  /** Random numbers in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  /** Where publications survive a restart; absent: nowhere. */
  readonly backend?: RecordStore;
  /** Called with failures of the backend. */
  readonly onError: (error: Error) => void;
  /** Offers an event to a relay once; rejects if the relay does not take it. */
  readonly send: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  /** How many days an event is tried; 0: each relay is offered it once. */
  readonly days: number;
  /** Most publications; an integer of at least 1. @default 10_000 */
  readonly max?: number;
}

/** Most publications that are kept: about 2 kB each. */
const MAX_PUBLICATIONS = 10_000;
const DAY_MS = 86_400_000;

/** All that is published and not done, and some of what is done. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #book: LedgerBook;
  readonly #queue: QueuedOffers;
  readonly #schedule: SendSchedule;
  /** Offers under way, by relay and id. They never reject. */
  readonly #offers = new Map<string, Promise<OfferOutcome>>();
  /** What others offer and no relay has taken yet, and to how many relays they still do. */
  readonly #provisional = new Map<string, number>();
  /** What must not be offered before it is written down. */
  readonly #unwritten = new Set<string>();
  readonly #closing = new AbortController();
  #timer?: { readonly at: number; readonly cancel: () => void };
  #closedError?: Error;

  /** Reads and sends nothing before {@link Ledger.ready}. */
  constructor(options: LedgerOptions) {
    const { clock, backend, onError, max = MAX_PUBLICATIONS, random } = options;
    this.#options = options;
    this.#schedule = new SendSchedule(random);
    this.#queue = new QueuedOffers(this.#schedule);
    this.#book = new LedgerBook({
      ...{ clock, backend, onError, max },
      maxMs: Math.max(1, options.days) * DAY_MS,
      onChange: (before, after) => this.#changed(before, after),
      onRead: () => this.#run(),
    });
  }

  /** Reads what is written down, and goes on with it. Resolves if that fails, too; never rejects. */
  async ready(): Promise<void> {
    await this.#book.ready();
    this.#run();
  }

  /** What is known of an event. */
  get(id: string): PublicationRecord | undefined {
    return this.#book.get(id);
  }

  /** Reads what other outboxes over the same database have published meanwhile. Never rejects. */
  refresh(): Promise<void> {
    return this.#book.refresh();
  }

  /** All publications, the first published first. */
  all(): Publication[] {
    return [...this.#book.records()].map(({ event }) => this.#handle(event));
  }

  /**
   * Publishes an event; resolves once it is written down. One that is published already gets the
   * targets that it lacks.
   *
   * @throws {Error} If it has expired, if it cannot be written down, or if there is no room.
   */
  async publish(event: NostrEvent, targets: readonly NewTarget[]): Promise<Publication> {
    const { id } = event;
    this.#refuseExpired(event);
    this.#provisional.delete(id);
    this.#book.own(id);
    const isNew = !this.#book.get(id);
    if (isNew) {
      this.#unwritten.add(id);
      this.#book.open(this.#record(event, targets));
    } else this.add(id, targets);
    try {
      await this.#book.written(id);
      if (!this.#book.get(id)) throw new Error("an earlier call could not write it");
    } catch (cause) {
      if (isNew) {
        this.#unwritten.delete(id);
        this.#book.forget(id);
      }
      throw new Error(`Cannot publish event ${id}: it could not be written down`, { cause });
    }
    this.#unwritten.delete(id);
    this.#book.supersede(event);
    this.#queue.put(this.#book.get(id)!, this.#options.clock.now());
    const handle = this.#handle(event);
    this.#run();
    return handle;
  }

  /**
   * Enters an event that somebody else is about to offer to one of its relays, by {@link carry}. It
   * is tried at all of them once one has taken it, and forgotten if none does. `undefined` if there
   * is no room, or it has expired, or nothing is tried again.
   */
  note(event: NostrEvent, targets: readonly NewTarget[]): PublicationRecord | undefined {
    const { id } = event;
    this.#book.own(id);
    if (!this.#book.get(id)) {
      const now = this.#options.clock.now();
      if (isOnce(event) || this.#options.days === 0 || this.#book.isFull) return undefined;
      if (targets.length === 0 || endOf(event, Infinity) <= now) return undefined;
      this.#provisional.set(id, 0);
      this.#book.open(this.#record(event, targets));
    }
    const count = this.#provisional.get(id);
    if (count !== undefined) this.#provisional.set(id, count + 1);
    return this.#book.get(id);
  }

  /** Resolves once an event is written down. @throws What the database throws. */
  written(id: string): Promise<void> {
    return this.#book.written(id);
  }

  /**
   * Lets somebody else offer an event to one of its relays, and learns how that ends. If it is
   * being offered there already, waits for that instead.
   *
   * @param record What {@link note} returned.
   * @throws What the offer throws.
   */
  async carry(
    { event: { id }, targets }: PublicationRecord,
    url: string,
    offer: () => Promise<void>,
  ): Promise<void> {
    const wasTaken = targets.some(({ relay, state }) => relay === url && state === "taken");
    let failure: { readonly error: unknown } | undefined;
    try {
      const underWay = this.#offers.get(`${url} ${id}`);
      if (underWay && (await underWay).type === "taken") return;
      if (!wasTaken && this.#book.target(id, url)?.state === "taken") return;
      await this.#offer(id, url, async () => {
        try {
          await offer();
        } catch (error) {
          failure = { error };
          throw error;
        }
      });
    } finally {
      this.#left(id);
    }
    if (failure) throw failure.error;
  }

  /** More relays count for an event. */
  add(id: string, targets: readonly NewTarget[]): void {
    if (targets.length === 0) return;
    this.#change(id, { type: "added", targets, now: this.#options.clock.now() });
  }

  /** Relays count no longer for an event that they have not taken. */
  gone(id: string, relays: (url: string) => boolean, reason: string): void {
    this.#change(id, { type: "gone", relays, reason });
  }

  /** What is still tried anywhere. */
  pending(): PublicationRecord[] {
    return [...this.#book.records()].filter(isPending);
  }

  /** Whether an event was offered to a relay, or waits for one that could not be reached since. */
  wasTried({ at }: PublicationRecord, { relay, tries }: PublicationTarget): boolean {
    return tries > 0 || this.#schedule.failedAt(relay) >= Math.max(1, at);
  }

  /** A relay is connected: what waits for it is offered now. */
  connected(url: string): void {
    this.#schedule.connected(url);
    this.#run();
  }

  /** The user is signed in at a relay: what waits for that is offered now. */
  signedIn(url: string): void {
    const now = this.#options.clock.now();
    for (const { event, targets } of [...this.#book.records()]) {
      if (!this.#book.isOwn(event.id)) continue;
      const target = targets.find(({ relay }) => relay === url);
      if (target?.state === "sign-in") {
        this.#queue.putTarget(event, { ...target, nextAt: now }, now);
      }
    }
    this.#run();
  }

  /** Sends nothing any more. Offers under way may still end. */
  end(error: Error): void {
    this.#closedError = error;
    this.#timer?.cancel();
  }

  /** Writes down how far everything is. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(this.#closedError);
    await Promise.all(this.#offers.values());
    await this.#book.close();
    this.#book.notifyAll();
  }

  #record(event: NostrEvent, targets: readonly NewTarget[]): PublicationRecord {
    const { clock, days } = this.#options;
    const now = clock.now();
    const until = endOf(event, now + Math.max(1, days) * DAY_MS);
    const all = new Map(targets.map((target) => [target.relay, target]));
    for (const more of this.#book.holders(event)) {
      if (!all.has(more.relay)) all.set(more.relay, more);
    }
    return { event, at: now, until, targets: [...all.values()].map((t) => newTarget(t, now)) };
  }

  #refuseExpired(event: NostrEvent): void {
    const now = this.#options.clock.now();
    if (endOf(event, Infinity) > now) return;
    throw new Error(
      `Cannot publish event ${event.id}: it expired at ${expiresAt(event)} (NIP-40), ` +
        `and it is ${Math.floor(now / 1000)}`,
    );
  }

  #change(id: string, change: PublicationChange): void {
    this.#book.change(id, change);
    this.#run();
  }

  /** Keeps the schedule in step with what changed. */
  #changed(before: PublicationRecord | undefined, after: PublicationRecord | undefined): void {
    const record = after ?? before!;
    const { id } = record.event;
    if (this.#provisional.has(id) || this.#unwritten.has(id)) return;
    this.#queue.update(before, after, this.#options.clock.now());
  }

  /** Offers what is due, and sets the timer for what is due next. */
  #run(): void {
    if (this.#closedError) return;
    const { clock, send } = this.#options;
    const now = clock.now();
    this.#book.passed(now);
    for (const { relay, id } of this.#schedule.due(now)) {
      const record = this.#book.get(id);
      if (!record) this.#schedule.ended(relay, id, true, now);
      else {
        void this.#offer(id, relay, () => send(relay, record.event, this.#closing.signal));
      }
    }
    this.#setTimer(Math.min(this.#schedule.nextAt(), this.#book.nextEnd));
  }

  #setTimer(at: number): void {
    if (this.#timer?.at === at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === Infinity) return;
    const { clock } = this.#options;
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timer = undefined;
      this.#run();
    });
    this.#timer = { at, cancel };
  }

  /** Offers an event to a relay, and notes how that ends. */
  async #offer(id: string, relay: string, send: () => Promise<void>): Promise<void> {
    const record = this.#book.get(id);
    if (!record) return await send();
    const { event } = record;
    this.#schedule.started(relay, id, addressOf(event));
    const key = `${relay} ${id}`;
    const offer = this.#outcome(event, relay, send);
    this.#offers.set(key, offer);
    const outcome = await offer;
    this.#offers.delete(key);
    this.#ended(event, relay, outcome);
  }

  async #outcome(
    event: NostrEvent,
    relay: string,
    send: () => Promise<void>,
  ): Promise<OfferOutcome> {
    const { clock, days, random } = this.#options;
    try {
      await send();
      return { type: "taken" };
    } catch (error) {
      const { tries = 0 } = this.#book.target(event.id, relay) ?? {};
      const now = clock.now();
      return offerOutcome(error, {
        ...{ event, tries, now, random },
        isOnce: days === 0 || isOnce(event),
      });
    }
  }

  #ended(event: NostrEvent, relay: string, outcome: OfferOutcome): void {
    const { id } = event;
    const now = this.#options.clock.now();
    const isTaken = outcome.type === "taken";
    const hasAnswered = outcome.type !== "unreachable";
    this.#schedule.ended(relay, id, hasAnswered, now);
    // What fails while the outbox is closed says nothing about the relay.
    if (!this.#closedError || isTaken) {
      const wasProvisional = isTaken && this.#provisional.delete(id);
      this.#book.change(id, { type: "offered", relay, outcome });
      const record = this.#book.get(id);
      if (wasProvisional && record) {
        this.#queue.put(record, now);
        this.#book.supersede(event);
      }
    }
    if (outcome.type === "postponed" && outcome.failure === "rate-limited") {
      this.#schedule.pause(relay, outcome.nextAt);
    }
    this.#schedule.tidy(relay);
    if (!hasAnswered) this.#book.notifyAll();
    this.#run();
  }

  /** Somebody else has offered an event to one of its relays. */
  #left(id: string): void {
    const count = this.#provisional.get(id);
    if (count === undefined || this.#closedError) return;
    if (count > 1) this.#provisional.set(id, count - 1);
    else {
      // No relay has taken it, so that its publisher gets an error: it must not appear later.
      this.#provisional.delete(id);
      this.#book.forget(id);
    }
  }

  #handle(event: NostrEvent): Publication {
    return ledgerHandle(event, {
      ...{ clock: this.#options.clock, days: this.#options.days },
      ...{ book: this.#book, schedule: this.#schedule },
      closedError: () => this.#closedError,
      change: (change) => this.#change(event.id, change),
    });
  }
}
