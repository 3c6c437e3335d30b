/**
 * The publications of a ledger: in memory, written down, bounded, and watched.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../base/record_store.ts";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import { isNewer } from "../nostr/versions.ts";
import { LedgerWriter } from "./ledger_writer.ts";
import { isOnce } from "./offer_outcome.ts";
import {
  isPending,
  type NewTarget,
  type PublicationRecord,
  type PublicationTarget,
} from "./publication.ts";
import { changedPublication, type PublicationChange } from "./publication_change.ts";
import { publicationText } from "./publication_text.ts";
import { Publishers } from "./publishers.ts";
import { storedPublications } from "./stored_publications.ts";
import { addressOf, deletedAt } from "./superseded.ts";

/** What a {@link LedgerBook} needs, and its bounds. */
export interface LedgerBookOptions {
  readonly clock: Clock;
  /** Absent: nothing survives a restart. */
  readonly backend?: RecordStore;
  readonly onError: (error: Error) => void;
  /** Most publications. */
  readonly max: number;
  /** Longest that one is tried, in milliseconds. */
  readonly maxMs: number;
  /** Called with each publication that is read, opened, changed or forgotten. */
  readonly onChange: (before?: PublicationRecord, after?: PublicationRecord) => void;
  /** Called after each reading. */
  readonly onRead: () => void;
}

/** Most publications that are kept though nothing is left to do for them. */
const MAX_DONE = 1_000;
/** How soon a change is written, and how soon that a relay was not reached, which costs little. */
const WRITE_MS = 100;
const WRITE_UNREACHED_MS = 60_000;
/** How long to wait before reading again what could not be read. */
const READ_AGAIN_MS = 30_000;

/** See the module. */
export class LedgerBook {
  readonly #options: LedgerBookOptions;
  /** The first published first. */
  readonly #records = new Map<string, PublicationRecord>();
  readonly #done = new Set<string>();
  /** The newest version of each replaceable event, by its address. */
  readonly #newest = new Map<string, string>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** What other outboxes over the same database send: it is not changed here. */
  readonly #foreign = new Set<string>();
  readonly #publishers: Publishers;
  readonly #writer: LedgerWriter;
  #nextEnd = Infinity;
  #reading?: Promise<void>;
  #cancelReading?: () => void;
  #isClosed = false;

  constructor(options: LedgerBookOptions) {
    this.#options = options;
    this.#publishers = new Publishers({
      ...options,
      isBusy: () => [...this.#records.keys()].some((id) => !this.#done.has(id) && this.isOwn(id)),
      isWaiting: () => [...this.#foreign].some((id) => this.#listeners.has(id)),
      onChange: () => this.#read(),
      onLost: async () => void await this.#readShared(),
    });
    this.#writer = new LedgerWriter({
      ...options,
      enter: () => this.#publishers.enter(),
      textOf: (id) => {
        const record = this.#records.get(id);
        if (!this.isOwn(id)) return undefined;
        if (!record || isOnce(record.event)) return "";
        return publicationText({ ...record, by: this.#publishers.id });
      },
    });
  }

  /** Reads what is written down; resolves if that fails, too, and reads again later. */
  ready(): Promise<void> {
    return this.#reading ??= this.#read();
  }

  /** Reads again what other outboxes have written down, if there are any. */
  async refresh(): Promise<void> {
    await this.ready();
    if (this.#publishers.hasOthers) await this.#read();
  }

  /** Whether a publication is for this outbox to send, and for no other over the same database. */
  isOwn(id: string): boolean {
    return !this.#foreign.has(id);
  }

  /** From here on, a publication is for this outbox to send. */
  own(id: string): void {
    if (!this.#foreign.delete(id)) return;
    this.#writer.mark(id, WRITE_MS);
    this.#options.onChange(undefined, this.#records.get(id));
  }

  /** What is known of an event. */
  get(id: string): PublicationRecord | undefined {
    return this.#records.get(id);
  }

  /** What is known of an event at one relay. */
  target(id: string, relay: string): PublicationTarget | undefined {
    return this.#records.get(id)?.targets.find((target) => target.relay === relay);
  }

  /** All of them, the first published first. */
  records(): Iterable<PublicationRecord> {
    return this.#records.values();
  }

  /** Whether there is no room for one more: that many are not done. */
  get isFull(): boolean {
    return this.#records.size - this.#done.size >= this.#options.max;
  }

  /** When the first is given up, in milliseconds since 1970, or a little earlier. */
  get nextEnd(): number {
    return this.#records.size > this.#done.size ? this.#nextEnd : Infinity;
  }

  /** Enters a publication that is not known. @throws {RangeError} If there is no room. */
  open(record: PublicationRecord): void {
    const { max } = this.#options;
    if (this.isFull) {
      throw new RangeError(
        `Cannot publish event ${record.event.id}: at most ${max} events wait for their relays, ` +
          `and ${this.#records.size - this.#done.size} do. Drop some, or wait`,
      );
    }
    this.#keep(record);
  }

  /** Enters a publication again that was forgotten. */
  restore(record: PublicationRecord): void {
    if (!this.#records.has(record.event.id)) this.#keep(record);
  }

  /** Forgets a publication, for good. */
  forget(id: string): void {
    const record = this.#records.get(id);
    if (!record) return;
    this.#drop(record);
    this.#writer.mark(id, WRITE_MS);
    this.#options.onChange(record, undefined);
    this.#notify(id);
  }

  /** Changes a publication, and writes that soon. */
  change(id: string, change: PublicationChange): void {
    const before = this.#records.get(id);
    if (!before || !this.isOwn(id)) return;
    const after = changedPublication(before, change);
    if (after === before) return;
    this.#set(after);
    const isSlow = change.type === "offered" && change.outcome.type === "unreachable";
    this.#writer.mark(id, isSlow ? WRITE_UNREACHED_MS : WRITE_MS);
    this.#options.onChange(before, after);
    this.#notify(id);
  }

  /** Writes a publication at once. @throws What the backend throws. */
  async written(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (record && !isOnce(record.event)) await this.#writer.write([id]);
  }

  /** Gives up what an event replaces or deletes; and the event, if a newer version is known. */
  supersede(event: NostrEvent): void {
    const address = addressOf(event);
    if (address !== undefined) this.#replace(address, event);
    if (event.kind === DELETION_KIND) {
      for (const record of this.#deletedBy(event)) this.#delete(event, record);
    }
    if (event.kind === VANISH_KIND) {
      for (const record of [...this.#records.values()]) this.#delete(event, record);
    }
  }

  /** The relays that have, or may have, what a deletion deletes: it must reach them, too. */
  holders(deletion: NostrEvent): NewTarget[] {
    if (deletion.kind !== DELETION_KIND) return [];
    // A protected event goes to its author's relays alone (NIP-70).
    if (deletion.tags.some(([name]) => name === "-")) return [];
    return this.#deletedBy(deletion).filter(({ event }) => deletedAt(deletion, event))
      .flatMap(({ targets }) => targets)
      .filter(({ state, tries }) => state === "taken" || (tries > 0 && state !== "refused"))
      .map(({ relay }) => ({ relay, why: "spread" }));
  }

  /** Gives up what was tried for as long as it may be. */
  passed(now: number): void {
    if (now < this.nextEnd) return;
    this.#nextEnd = Infinity;
    const days = Math.round(this.#options.maxMs / 86_400_000);
    for (const { event, at, until } of [...this.#records.values()]) {
      if (this.#done.has(event.id) || !this.isOwn(event.id)) continue;
      const isExpired = until < at + this.#options.maxMs;
      const reason = isExpired ? "it has expired (NIP-40)" : `not taken within ${days} days`;
      this.change(event.id, { type: "passed", now, reason });
      if (!this.#done.has(event.id)) this.#nextEnd = Math.min(this.#nextEnd, until);
    }
  }

  /** Calls `listener` after each change of a publication; the result removes it. */
  listen(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Calls all listeners. */
  notifyAll(): void {
    for (const id of [...this.#listeners.keys()]) this.#notify(id);
  }

  /** Writes what is left. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelReading?.();
    await this.#writer.close();
    await this.#publishers.close();
  }

  #drop({ event }: PublicationRecord): void {
    const { id } = event;
    this.#records.delete(id);
    this.#done.delete(id);
    this.#foreign.delete(id);
    const address = addressOf(event);
    if (address !== undefined && this.#newest.get(address) === id) this.#newest.delete(address);
  }

  #notify(id: string): void {
    for (const listener of [...this.#listeners.get(id) ?? []]) listener();
  }

  #keep(record: PublicationRecord): void {
    const { event: { id } } = record;
    this.#set(record);
    const address = addressOf(record.event);
    const newest = address === undefined ? undefined : this.#newest.get(address);
    const rival = newest === undefined ? undefined : this.#records.get(newest);
    if (address !== undefined && !rival) this.#newest.set(address, id);
    while (this.#done.size > MAX_DONE || this.#records.size > this.#options.max) {
      const [oldest] = this.#done;
      if (oldest === undefined) return;
      this.forget(oldest);
    }
  }

  #set(record: PublicationRecord): void {
    const { event: { id }, until } = record;
    this.#records.set(id, record);
    if (!isPending(record)) this.#done.add(id);
    else {
      this.#done.delete(id);
      this.#nextEnd = Math.min(this.#nextEnd, until);
    }
  }

  #replace(address: string, event: NostrEvent): void {
    const newest = this.#records.get(this.#newest.get(address) ?? "")?.event;
    if (newest?.id === event.id) return;
    const isOld = newest !== undefined && isNewer(newest, event);
    if (!isOld) this.#newest.set(address, event.id);
    const old = isOld ? event : newest;
    const reason = `version ${isOld ? newest.id : event.id} of it was published`;
    if (old) this.change(old.id, { type: "given-up", reason });
  }

  /** What a deletion may concern. */
  #deletedBy(deletion: NostrEvent): PublicationRecord[] {
    const { ids, addresses } = deletionTargets(deletion);
    const named = [
      ...ids,
      ...addresses.flatMap(({ kind, pubkey, d }) =>
        this.#newest.get(`${kind}:${pubkey}:${d}`) ?? []
      ),
    ];
    return [...new Set(named)].flatMap((id) => this.#records.get(id) ?? []);
  }

  #delete(deletion: NostrEvent, { event }: PublicationRecord): void {
    const relays = deletedAt(deletion, event);
    if (!relays) return;
    const reason = `its author deletes it with event ${deletion.id}`;
    this.change(event.id, { type: "given-up", reason, relays });
  }

  async #read(): Promise<void> {
    const { backend, clock, onError } = this.#options;
    if (!backend) return;
    try {
      await this.#publishers.takeOver();
      const taken = await this.#readShared();
      this.#options.onRead();
      if (taken.length > 0) await this.#writer.write(taken);
      await this.#publishers.tookOver();
    } catch (cause) {
      if (this.#isClosed) return;
      onError(new Error("Cannot read what was published before", { cause }));
      this.#cancelReading?.();
      this.#cancelReading = clock.after(READ_AGAIN_MS, () => {
        this.#reading = this.#read();
      });
    }
  }

  /** Reads what is written down; returns the ids of what was another outbox's and is this one's. */
  async #readShared(): Promise<string[]> {
    const texts = await this.#options.backend!.readRecords("publication");
    // Who wrote a record down had a name by then.
    await this.#publishers.look();
    return this.#take(texts);
  }

  /** Takes what was read; returns the ids of what was another outbox's and is this one's now. */
  #take(texts: ReadonlyMap<string, string>): string[] {
    const { clock, maxMs, onChange } = this.#options;
    if (this.#isClosed) return [];
    const { read, unread } = storedPublications(texts, clock.now(), maxMs);
    for (const id of [...this.#foreign]) if (!texts.has(id)) this.#drop(this.#records.get(id)!);
    const added = read.filter((record) => this.#isNews(record));
    for (const record of added) {
      const { by, event: { id } } = record;
      const before = this.#records.get(id);
      if (before && this.isOwn(id)) onChange(before, undefined);
      if (this.#publishers.isOther(by)) this.#foreign.add(id);
      else this.#foreign.delete(id);
      if (before) this.#set(record);
      else this.#keep(record);
    }
    const own = added.filter(({ event }) => this.isOwn(event.id));
    for (const { event } of own) this.supersede(event);
    for (const { event } of own) {
      const record = this.#records.get(event.id);
      if (record) onChange(undefined, record);
    }
    for (const { event } of added) this.#notify(event.id);
    if (unread.length > 0) this.#reportUnread(unread, texts.size);
    const { id } = this.#publishers;
    return own.filter(({ by }) => by !== id).map(({ event }) => event.id);
  }

  /** Whether a record says more than what is known: of what is this outbox's own, nothing does. */
  #isNews({ by, event: { id } }: PublicationRecord): boolean {
    if (!this.#records.has(id) || !this.isOwn(id)) return true;
    return this.#publishers.isOther(by) && !this.#writer.isWaited(id);
  }

  #reportUnread(ids: readonly string[], count: number): void {
    this.#options.onError(
      new Error(
        `Cannot read ${ids.length} of ${count} records of what was published, among them ` +
          `that of ${JSON.stringify(ids[0])}: they are left as they are`,
      ),
    );
  }
}
