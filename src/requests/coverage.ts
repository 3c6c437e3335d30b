/**
 * When a request is done: once everybody has been answered by enough of the relays
 * that were to answer for them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import type { Role } from "../nostr/types.ts";
import type { Assignment } from "../plan/assignment.ts";

/** What is known of a relay in a request, worse than `answered` only by what it lacks. */
type State = "waiting" | "late" | "answered" | "failed";

/** One request's relays, and how far they have come. */
export class Coverage {
  readonly #assignment: Assignment;
  readonly #states: State[];
  /** Per seat, how many events the relay sent of that person. */
  readonly #sent: Uint32Array;
  /** Per person, how many different events came. */
  readonly #known: Uint32Array;
  /** Per seat, 1 once the relay sent an event of that person that no newer one can replace. */
  readonly #heard: Uint8Array;
  #rowsOf?: ReadonlyMap<Role, ReadonlyMap<string, number>>;

  constructor(seats: Assignment) {
    this.#assignment = seats;
    this.#states = seats.urls.map(() => "waiting");
    this.#sent = new Uint32Array(seats.relayIndexes.length);
    this.#known = new Uint32Array(seats.subjects.length);
    this.#heard = new Uint8Array(seats.relayIndexes.length);
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
    const { subjects, relayIndexes, relaysPerSubject, unscoped } = this.#assignment;
    for (let first = 0; first < subjects.length * relaysPerSubject; first += relaysPerSubject) {
      const end = first + relaysPerSubject;
      if (!this.#isCovered(relayIndexes.subarray(first, end), this.#heard.subarray(first, end))) {
        return false;
      }
    }
    return this.#isCovered(unscoped);
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
    const { subjects, relayIndexes: seats, relaysPerSubject } = this.#assignment;
    const rows: number[] = [];
    for (let row = 0; row < subjects.length; row++) {
      const own = seats.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject);
      if (own.length > 0 && own[0] >= 0 && own.every((place) => place < 0 || places.has(place))) {
        rows.push(row);
      }
    }
    return rows;
  }

  /** How many events of each person a relay sent, of how many different ones that came. */
  *delivery(place: number): Iterable<{ name: string; sent: number; known: number }> {
    const { subjects, relaysPerSubject } = this.#assignment;
    for (let row = 0; row < subjects.length; row++) {
      const seat = this.#seatOf(row, place);
      if (seat < 0 || this.#known[row] === 0) continue;
      if (this.#answersFor(row) < Math.min(2, relaysPerSubject)) continue;
      yield { name: subjects[row], sent: this.#sent[seat], known: this.#known[row] };
    }
  }

  /** How many relays have answered for a person. */
  #answersFor(row: number): number {
    const { relayIndexes, relaysPerSubject } = this.#assignment;
    let answers = 0;
    for (let seat = row * relaysPerSubject; seat < (row + 1) * relaysPerSubject; seat++) {
      if (relayIndexes[seat] >= 0 && this.#states[relayIndexes[seat]] === "answered") answers++;
    }
    return answers;
  }

  #seatOf(row: number, place: number): number {
    const { relayIndexes, relaysPerSubject } = this.#assignment;
    for (let seat = row * relaysPerSubject; seat < (row + 1) * relaysPerSubject; seat++) {
      if (relayIndexes[seat] === place) return seat;
    }
    return -1;
  }

  #index() {
    const { subjects, roles } = this.#assignment;
    return new Map(roles.map(({ role, first, end }) => {
      const rowOf = new Map<string, number>();
      for (let row = first; row < end; row++) rowOf.set(subjects[row], row);
      return [role, rowOf];
    }));
  }
}

/** Whom or what an event answers for on a lane, each once. */
function namesIn(event: NostrEvent, lane: Role): Iterable<string> {
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
