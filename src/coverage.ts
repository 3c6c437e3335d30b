/**
 * When a request is done: once everybody has been answered by enough of the relays
 * that were to answer for them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import type { Seats } from "./seats.ts";

/** What is known of a relay in a request, worse than `answered` only by what it lacks. */
type State = "waiting" | "late" | "answered" | "failed";

/** One request's relays, and how far they have come. */
export class Coverage {
  readonly #seats: Seats;
  readonly #states: State[];
  /** Per seat, how many events the relay sent of that person. */
  readonly #sent: Uint32Array;
  /** Per person, how many different events came. */
  readonly #known: Uint32Array;
  /** Per seat, 1 once the relay sent an event of that person that no newer one can replace. */
  readonly #heard: Uint8Array;
  #rowsOf?: { readonly write: Map<string, number>; readonly read: Map<string, number> };

  constructor(seats: Seats) {
    this.#seats = seats;
    this.#states = seats.urls.map(() => "waiting");
    this.#sent = new Uint32Array(seats.places.length);
    this.#known = new Uint32Array(seats.pubkeys.length);
    this.#heard = new Uint8Array(seats.places.length);
  }

  /** A relay sent an event; `isNew`: as the first. */
  saw(place: number, event: NostrEvent, isNew: boolean): void {
    const lasting = !isReplaceableKind(event.kind) && !isAddressableKind(event.kind);
    for (const row of this.#rows(event)) {
      const seat = this.#seatOf(row, place);
      if (seat < 0) continue;
      this.#sent[seat]++;
      if (isNew) this.#known[row]++;
      if (lasting) this.#heard[seat] = 1;
    }
  }

  /** A relay said that its answer is complete, or will not complete it. */
  settle(place: number, answered: boolean): void {
    if (this.#states[place] !== "answered") {
      this.#states[place] = answered ? "answered" : "failed";
    }
  }

  /** A relay is later than it should be: those who have another answer wait no longer. */
  isLate(place: number): void {
    if (this.#states[place] === "waiting") this.#states[place] = "late";
  }

  /** Whether no relay is waited for. */
  get isSettled(): boolean {
    return this.#states.every((state) => state === "answered" || state === "failed");
  }

  /**
   * Whether everybody has been answered by enough relays. A relay that has not
   * answered is waited for, for the sake of whoever is asked for there, unless
   * another relay of theirs has answered and either had something of theirs, or
   * this one is late: so a fast and empty relay hides no slower one.
   */
  get isDone(): boolean {
    if (this.isSettled) return true;
    const { pubkeys, places, copies, open } = this.#seats;
    for (let first = 0; first < pubkeys.length * copies; first += copies) {
      const end = first + copies;
      if (!this.#isCovered(places.subarray(first, end), this.#heard.subarray(first, end))) {
        return false;
      }
    }
    return this.#isCovered(open);
  }

  #isCovered(places: ArrayLike<number>, heard?: Uint8Array): boolean {
    let answered = false, waiting = false, late = false;
    for (let i = 0; i < places.length && places[i] >= 0; i++) {
      const state = this.#states[places[i]];
      if (state === "answered") {
        if (heard?.[i]) return true;
        answered = true;
      } else if (state === "late") late = true;
      else if (state === "waiting") waiting = true;
    }
    return !waiting && (answered || !late);
  }

  /**
   * The rows of those who have none but these relays, and at least one.
   *
   * @param places The relays that are lost.
   */
  orphans(places: ReadonlySet<number>): number[] {
    const { pubkeys, places: seats, copies } = this.#seats;
    const rows: number[] = [];
    for (let row = 0; row < pubkeys.length; row++) {
      const own = seats.subarray(row * copies, (row + 1) * copies);
      if (own.length > 0 && own[0] >= 0 && own.every((place) => place < 0 || places.has(place))) {
        rows.push(row);
      }
    }
    return rows;
  }

  /** How many events of each person a relay sent, of how many different ones that came. */
  *delivery(place: number): Iterable<{ pubkey: string; sent: number; known: number }> {
    const { pubkeys, copies } = this.#seats;
    for (let row = 0; row < pubkeys.length; row++) {
      const seat = this.#seatOf(row, place);
      if (seat < 0 || this.#known[row] === 0) continue;
      if (this.#answersFor(row) < Math.min(2, copies)) continue;
      yield { pubkey: pubkeys[row], sent: this.#sent[seat], known: this.#known[row] };
    }
  }

  /** How many relays have answered for a person. */
  #answersFor(row: number): number {
    const { places, copies } = this.#seats;
    let answers = 0;
    for (let seat = row * copies; seat < (row + 1) * copies; seat++) {
      if (places[seat] >= 0 && this.#states[places[seat]] === "answered") answers++;
    }
    return answers;
  }

  #seatOf(row: number, place: number): number {
    const { places, copies } = this.#seats;
    for (let seat = row * copies; seat < (row + 1) * copies; seat++) {
      if (places[seat] === place) return seat;
    }
    return -1;
  }

  /** Whom an event is about, as far as the request names them. */
  *#rows(event: NostrEvent): Iterable<number> {
    const { write, read } = this.#rowsOf ??= this.#index();
    const author = write.get(event.pubkey);
    if (author !== undefined) yield author;
    if (read.size === 0) return;
    const users = new Set<number>();
    for (const [name, value = ""] of event.tags) {
      if (!/^[pPaA]$/.test(name)) continue;
      const pubkey = name === "p" || name === "P" ? value : value.split(":", 2)[1];
      const user = read.get(pubkey);
      if (user !== undefined) users.add(user);
    }
    yield* users;
  }

  #index() {
    const { pubkeys, authors } = this.#seats;
    const write = new Map<string, number>();
    const read = new Map<string, number>();
    pubkeys.forEach((pubkey, row) => (row < authors ? write : read).set(pubkey, row));
    return { write, read };
  }
}
