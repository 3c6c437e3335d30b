/**
 * When a request is done: once everybody has been answered by enough of the relays
 * that were to answer for them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import type { Lane } from "../nostr/types.ts";
import type { Seats } from "../plan/assignment.ts";

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
  #rowsOf?: ReadonlyMap<Lane, ReadonlyMap<string, number>>;

  constructor(seats: Seats) {
    this.#seats = seats;
    this.#states = seats.urls.map(() => "waiting");
    this.#sent = new Uint32Array(seats.places.length);
    this.#known = new Uint32Array(seats.names.length);
    this.#heard = new Uint8Array(seats.places.length);
  }

  /** A relay sent an event; `isNew`: as the first. */
  saw(place: number, event: NostrEvent, isNew: boolean): void {
    const lasting = !isReplaceableKind(event.kind) && !isAddressableKind(event.kind);
    for (const [lane, rowOf] of this.#rowsOf ??= this.#index()) {
      for (const name of namesIn(event, lane)) {
        const row = rowOf.get(name);
        const seat = row === undefined ? -1 : this.#seatOf(row, place);
        if (seat < 0) continue;
        this.#sent[seat]++;
        if (isNew) this.#known[row!]++;
        if (lasting || lane === "id") this.#heard[seat] = 1;
      }
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
    const { names, places, copies, open } = this.#seats;
    for (let first = 0; first < names.length * copies; first += copies) {
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
    const { names, places: seats, copies } = this.#seats;
    const rows: number[] = [];
    for (let row = 0; row < names.length; row++) {
      const own = seats.subarray(row * copies, (row + 1) * copies);
      if (own.length > 0 && own[0] >= 0 && own.every((place) => place < 0 || places.has(place))) {
        rows.push(row);
      }
    }
    return rows;
  }

  /** How many events of each person a relay sent, of how many different ones that came. */
  *delivery(place: number): Iterable<{ name: string; sent: number; known: number }> {
    const { names, copies } = this.#seats;
    for (let row = 0; row < names.length; row++) {
      const seat = this.#seatOf(row, place);
      if (seat < 0 || this.#known[row] === 0) continue;
      if (this.#answersFor(row) < Math.min(2, copies)) continue;
      yield { name: names[row], sent: this.#sent[seat], known: this.#known[row] };
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

  #index() {
    const { names, lanes } = this.#seats;
    return new Map(lanes.map(({ lane, first, end }) => {
      const rowOf = new Map<string, number>();
      for (let row = first; row < end; row++) rowOf.set(names[row], row);
      return [lane, rowOf];
    }));
  }
}

/** Whom or what an event answers for on a lane, each once. */
function namesIn(event: NostrEvent, lane: Lane): Iterable<string> {
  const { id, kind, pubkey } = event;
  switch (lane) {
    case "write":
      return [pubkey];
    case "index":
      return isReplaceableKind(kind) ? [pubkey] : [];
    case "private":
      return kind === DRAFT_KIND ? [pubkey] : [];
    case "dm":
      return GIFT_WRAP_KINDS.includes(kind) ? tagged(event, "p") : [];
    case "read":
      return tagged(event, "pPaA");
    case "id":
      return [id];
    case "group":
      return tagged(event, "h");
  }
}

/** Those whom tags of these names, a letter each, name. */
function tagged({ tags }: NostrEvent, names: string): Set<string> {
  const found = new Set<string>();
  for (const [name, value = ""] of tags) {
    if (name?.length !== 1 || !names.includes(name)) continue;
    found.add(name === "a" || name === "A" ? value.split(":", 2)[1] : value);
  }
  return found;
}
