/**
 * Who is asked for where while lists change one by one, and what changed.
 *
 * @module
 */

import { isPubkey } from "../nostr/pubkeys.ts";
import type { Role } from "../nostr/types.ts";
import type { PlanSettings } from "../plan/plan_options.ts";
import {
  byDemand,
  byWorthFor,
  isOpen,
  LiveRelays,
  type LiveRow,
  type Relay,
  type RouteChange,
  type Row,
  type Seating,
  worthOf,
} from "./live_relays.ts";

/** How good a seating is. */
export interface Merit {
  /** Rows that no relay is asked for. */
  readonly unasked: number;
  /** People who are asked for on relays that they list. */
  readonly covered: number;
  /** The weight of their relays: of each the first in full, the next half, and so on. */
  readonly worth: number;
}

/** See the module. */
export class LiveAssignment {
  readonly #settings: PlanSettings;
  readonly #rows = new Map<string, Row>();
  readonly #relays: LiveRelays;
  readonly #changed = new Set<Relay>();
  #open = 0;
  #covered = 0;
  /** How many people are asked for nowhere, for whom fallback relays would do. */
  #unasked = 0;

  /**
   * @param seatings Who is asked for where.
   * @param listOf The relays that a row's own list names.
   */
  constructor(
    settings: PlanSettings,
    seatings: readonly Seating[],
    listOf: (row: LiveRow) => readonly string[] = () => [],
  ) {
    this.#settings = settings;
    this.#relays = new LiveRelays(settings);
    for (const { role, subject } of seatings) {
      const hasStandIns = (role === "write" || role === "read") && isPubkey(subject);
      const row = { role, subject, hasStandIns, list: [], seats: [], isOwn: false };
      if (hasStandIns) this.#unasked++;
      this.#rows.set(nameOf(row), row);
      this.#enlist(row, listOf(row));
    }
    this.adopt(seatings);
    this.difference();
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How many people are asked for on relays that they list. */
  get covered(): number {
    return this.#covered;
  }

  /** Whether somebody is asked for nowhere for whom a fallback relay would do. */
  get isShort(): boolean {
    return this.#unasked > 0 && this.#relays.usable(this.#settings.fallbackRelays).length > 0;
  }

  /** What is asked for where. */
  asked(): Map<string, ReadonlySet<LiveRow>> {
    const open = [...this.#relays.all()].filter(isOpen);
    return new Map(open.map(({ url, asked }) => [url, asked]));
  }

  /** What changed since it was last called. */
  difference(): RouteChange[] {
    const changes: RouteChange[] = [];
    for (const relay of this.#changed) {
      const { url, gained, lost } = relay;
      if (gained.size + lost.size > 0) changes.push({ url, gained: [...gained], lost: [...lost] });
      gained.clear();
      lost.clear();
    }
    this.#changed.clear();
    this.#relays.tidy();
    return changes;
  }

  /**
   * Gives somebody the relays of a list: those that are open first, then others as far
   * as there is room. Whoever gets none stays with the fallback relays.
   *
   * @returns `undefined` if that is nothing new, or they are not asked for; `true` if it is
   * their first list and they got one of its relays, so that nobody could do better.
   */
  list(role: Role, subject: string, urls: readonly string[]): boolean | undefined {
    const row = this.#rows.get(nameOf({ role, subject }));
    const isFirst = row?.list.length === 0;
    if (!row || !this.#enlist(row, urls)) return undefined;
    const { relaysPerAuthor: copies, maxRelays } = this.#settings;
    const open = row.list.filter(isOpen).sort(byWorthFor(row));
    const others = row.list.filter((relay) => !isOpen(relay)).sort(byDemand);
    this.#move(row, open.slice(0, copies), true);
    for (const relay of others) {
      if (row.seats.length >= copies) break;
      if (this.#open < maxRelays) this.#move(row, [...row.seats, relay], true);
      else relay.wanted.add(row);
    }
    if (row.seats.length === 0) this.#standIn(row);
    return isFirst && row.isOwn;
  }

  /** How good the seating is. */
  get merit(): Merit {
    let unasked = 0, worth = 0;
    for (const { isOwn, seats } of this.#rows.values()) {
      if (seats.length === 0) unasked++;
      else if (isOwn) worth += worthOf(seats);
    }
    return { unasked, covered: this.#covered, worth };
  }

  /** How good another seating would be, by the lists and weights of this one. */
  meritOf(seatings: readonly Seating[]): Merit {
    let unasked = 0, covered = 0, worth = 0;
    for (const seating of seatings) {
      if (seating.urls.length === 0) unasked++;
      const list = this.#rows.get(nameOf(seating))?.list ?? [];
      const own = list.filter(({ url }) => seating.urls.includes(url));
      if (own.length > 0) covered++;
      worth += worthOf(own);
    }
    return { unasked, covered, worth };
  }

  /** Weighs all relays anew. */
  weigh(): void {
    this.#relays.weigh();
  }

  /** Seats everyone on the relays of another seating; who sits on one of those stays there. */
  adopt(seatings: readonly Seating[]): void {
    const { relaysPerAuthor: copies } = this.#settings;
    const gone = new Set(this.#rows.values());
    const open = new Set(seatings.flatMap(({ urls }) => urls));
    for (const { wanted } of this.#relays.all()) wanted.clear();
    for (const seating of seatings) {
      const row = this.#rows.get(nameOf(seating));
      if (!row) continue;
      gone.delete(row);
      const coming = seating.urls.map((url) => this.#relays.get(url));
      const isOwn = coming.some((relay) => row.list.includes(relay));
      const staying = isOwn && row.isOwn ? row.seats.filter(({ url }) => open.has(url)) : [];
      const seats = isOwn ? [...new Set([...staying, ...coming])].slice(0, copies) : coming;
      this.#move(row, seats, isOwn);
    }
    for (const row of gone) this.#move(row, [], false);
    for (const row of this.#rows.values()) {
      if (row.isOwn && row.seats.length >= copies) continue;
      for (const relay of row.list) if (!isOpen(relay)) relay.wanted.add(row);
    }
  }

  /** Takes in a list; says whether it differs from the one before. */
  #enlist(row: Row, urls: readonly string[]): boolean {
    const list = this.#relays.usable(urls);
    if (list.length === row.list.length && list.every((relay) => row.list.includes(relay))) {
      return false;
    }
    for (const relay of row.list) {
      relay.wanted.delete(row);
      relay.listed--;
      this.#relays.release(relay);
    }
    for (const relay of list) relay.listed++;
    row.list = list;
    return true;
  }

  /** Asks the fallback relays for somebody who has no other. */
  #standIn(row: Row): void {
    const { relaysPerAuthor: copies, maxRelays, fallbackRelays } = this.#settings;
    this.#move(row, [], false);
    if (!row.hasStandIns) return;
    const usable = this.#relays.usable(fallbackRelays);
    for (const relay of [...usable.filter(isOpen), ...usable]) {
      if (row.seats.length >= copies) break;
      if (row.seats.includes(relay) || !isOpen(relay) && this.#open >= maxRelays) continue;
      this.#move(row, [...row.seats, relay], false);
    }
  }

  /** Seats somebody here and nowhere else. */
  #move(row: Row, seats: Relay[], isOwn: boolean): void {
    const before = row.seats;
    if (row.isOwn && before.length > 0) this.#covered--;
    if (isOwn && seats.length > 0) this.#covered++;
    if (row.hasStandIns) this.#unasked += Number(seats.length === 0) - Number(before.length === 0);
    row.seats = seats;
    row.isOwn = isOwn;
    for (const relay of before) if (!seats.includes(relay)) this.#vacate(row, relay);
    if (isOwn && seats.length >= this.#settings.relaysPerAuthor) {
      for (const relay of row.list) relay.wanted.delete(row);
    }
    for (const relay of seats) if (!before.includes(relay)) this.#seat(row, relay);
  }

  #vacate(row: Row, relay: Relay): void {
    relay.asked.delete(row);
    if (!isOpen(relay)) this.#open--;
    this.#relays.release(relay);
    if (!relay.gained.delete(row)) relay.lost.add(row);
    this.#changed.add(relay);
  }

  /** Seats somebody; at a relay that opens, all who wanted it, too. */
  #seat(row: Row, relay: Relay): void {
    if (!isOpen(relay)) this.#open++;
    relay.asked.add(row);
    if (!relay.lost.delete(row)) relay.gained.add(row);
    this.#changed.add(relay);
    const others = [...relay.wanted];
    relay.wanted.clear();
    for (const other of others) {
      this.#move(other, other.isOwn ? [...other.seats, relay] : [relay], true);
    }
  }
}

function nameOf({ role, subject }: LiveRow): string {
  return `${role} ${subject}`;
}
