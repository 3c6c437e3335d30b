/**
 * How far the relays of one request have come, and when the request is done: once enough
 * of the relays that were to answer for each subject have answered.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import type { RelayRequestOutcome } from "../connections/relay_request.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { Role } from "../nostr/relay_knowledge.ts";
import { type Assignment, isForEach, roleOf } from "../plan/assignment.ts";
import { eventSubjects } from "./event_subjects.ts";
import { LostRows } from "./lost_rows.ts";
import { PairedVersions } from "./paired_versions.ts";
import type { RelayProgress, SubjectDelivery } from "./relay_progress.ts";
import {
  type RequestScope,
  type Rows,
  rowsAmong,
  type RowsInScope,
  type ScopeProgress,
} from "./scope_progress.ts";
import { subjectProofs } from "./subject_proofs.ts";

/** The relays of one request, and how far they have come. */
export class Coverage {
  readonly #assignment: Assignment;
  readonly #relays: { -readonly [K in keyof RelayProgress]: RelayProgress[K] }[];
  /** Per assigned relay of a row, how many events of that subject the relay sent. */
  readonly #sent: Uint32Array;
  /** Per row, how many different events came. */
  readonly #known: Uint32Array;
  /** Like `#sent`, 1 once the relay sent an event for which no other relay need be waited for. */
  readonly #heard: Uint8Array;
  /** Like `#sent`, what the answers to the filters that name the subject prove. */
  readonly #proofs: AnswerProof[];
  /** The newest event that the relays of each paired row sent of each kind. */
  readonly #newest = new PairedVersions();
  /** Per row, 1 once {@link Coverage.takeDoubtful} gave it out. */
  readonly #doubted: Uint8Array;
  readonly #lostRows: LostRows;
  /** The rows that are waited for no longer. */
  readonly #left = new Set<number>();
  readonly #isLost = (relayIndex: number) => this.#relays[relayIndex].isLost;
  #rowsOf?: ReadonlyMap<Role, ReadonlyMap<string, number>>;
  readonly #ofScope = new WeakMap<RequestScope, RowsInScope>();
  readonly #all: Rows;

  /** All relays are waited for. */
  constructor(assignment: Assignment) {
    const { urls, subjects, relayIndexes } = assignment;
    this.#assignment = assignment;
    this.#relays = urls.map(() => ({
      state: "waiting",
      proof: "unknown",
      isLost: false,
      isEoseSent: false,
    }));
    this.#sent = new Uint32Array(relayIndexes.length);
    this.#known = new Uint32Array(subjects.length);
    this.#heard = new Uint8Array(relayIndexes.length);
    this.#proofs = new Array(relayIndexes.length).fill("unknown");
    this.#lostRows = new LostRows(assignment);
    this.#doubted = new Uint8Array(subjects.length);
    this.#all = { rows: [...subjects.keys()] };
  }

  /** One record per relay, by relay index. */
  get relays(): readonly RelayProgress[] {
    return this.#relays;
  }

  /** A relay sent an event; `isNew`: as the first. */
  saw(relayIndex: number, event: NostrEvent, isNew: boolean): void {
    const isLasting = !isReplaceableKind(event.kind) && !isAddressableKind(event.kind);
    for (const [role, rowOf] of this.#rowsOf ??= this.#index()) {
      for (const subject of eventSubjects(event, role)) {
        const row = rowOf.get(subject);
        const at = row === undefined ? -1 : this.#find(row, relayIndex);
        if (at < 0) continue;
        this.#sent[at]++;
        if (this.#assignment.pairs?.has(row!)) this.#newest.add(row!, event);
        if (isNew) this.#known[row!]++;
        // Whoever sends a gift wrap or a reply may send it to one of these relays alone.
        const isAnywhere = role === "dm" || role === "thread";
        if (role === "id" || isLasting && !isAnywhere) this.#heard[at] = 1;
      }
    }
  }

  /** The stored events of a relay are over, or nobody waits for them any longer. */
  settle(
    relayIndex: number,
    { answered, proof, proofs }: Pick<RelayRequestOutcome, "answered" | "proof" | "proofs">,
  ): void {
    const relay = this.#relays[relayIndex];
    if (answered) {
      relay.isLost = false;
      relay.proof = proof;
      this.#noteProofs(relayIndex, proof, subjectProofs(proofs));
    }
    if (relay.state !== "answered") relay.state = answered ? "answered" : "failed";
  }

  #noteProofs(relayIndex: number, proof: AnswerProof, bySubject: Map<string, AnswerProof>): void {
    const { subjects, relayIndexes, relaysPerSubject } = this.#assignment;
    for (let at = 0; at < relayIndexes.length; at++) {
      if (relayIndexes[at] !== relayIndex) continue;
      this.#proofs[at] = bySubject.get(subjects[Math.floor(at / relaysPerSubject)]) ?? proof;
    }
  }

  /** A relay is later than it should be: subjects that have another answer wait no longer. */
  markLate(relayIndex: number): void {
    const relay = this.#relays[relayIndex];
    if (relay.state === "waiting") relay.state = "late";
  }

  /** A relay does not work. */
  markLost(relayIndex: number): void {
    this.#relays[relayIndex].isLost = true;
  }

  /** The listener of a relay gets the EOSE. */
  markEoseSent(relayIndex: number): void {
    this.#relays[relayIndex].isEoseSent = true;
  }

  /** Whether nobody waits for the stored events of a relay. */
  hasSettled(relayIndex: number): boolean {
    const { state } = this.#relays[relayIndex];
    return state === "answered" || state === "failed";
  }

  /** Whether nobody waits for any relay. */
  get isSettled(): boolean {
    return this.#relays.every((_, relayIndex) => this.hasSettled(relayIndex));
  }

  /**
   * Whether enough relays have answered for each subject. A relay that has not answered
   * keeps its subjects waiting, unless another relay of the same subject has answered and
   * either sent something of it, or this relay is late: so a fast and empty relay hides
   * no slower one. A reply may be at any one of a thread's relays, so each is awaited until it
   * has answered or failed.
   */
  get isDone(): boolean {
    if (this.isSettled) return true;
    if (!this.#areCovered(this.#all)) return false;
    // The fallback relays are asked for every thread.
    const hasThreads = this.#assignment.roles.some(({ role }) => role === "thread");
    return this.#isCovered(this.#assignment.unscoped, hasThreads);
  }

  /** Whether each relay of a row is awaited until it has answered or failed. */
  awaitsEach(row: number): boolean {
    const { roles } = this.#assignment;
    return roles.some((rows) => rows.first <= row && row < rows.end && isForEach(rows));
  }

  /** Whether all rows are covered: one that was not mostly is not yet, so it is looked at first. */
  #areCovered(all: Rows): boolean {
    const { rows, uncovered } = all;
    if (uncovered !== undefined && !this.#isRowCovered(uncovered)) return false;
    all.uncovered = rows.find((row) => !this.#isRowCovered(row));
    return all.uncovered === undefined;
  }

  /**
   * The authors and inboxes that are still waited for, by row, where none of their relays has
   * answered and none is in time; absent while others are waited for, too.
   */
  get onlyLate(): readonly number[] | undefined {
    const { rows, uncovered } = this.#all;
    const isOpen = (row: number) => !this.#isRowCovered(row);
    // Most often one row shows it.
    if (uncovered !== undefined && isOpen(uncovered) && !this.#isLate(uncovered)) return undefined;
    const open = rows.filter(isOpen);
    return open.every((row) => this.#isLate(row)) ? open : undefined;
  }

  /** Whether no relay of a row that is not covered is in time; they need not each be awaited. */
  #isLate(row: number): boolean {
    const role = roleOf(this.#assignment.roles, row);
    if (role !== "write" && role !== "read" || this.awaitsEach(row)) return false;
    return !this.#indexesOf(row).some((index) => this.#relays[index]?.state === "waiting");
  }

  /** Waits no longer for some rows. */
  leave(rows: readonly number[]): void {
    rows.forEach((row) => this.#left.add(row));
  }

  /** Whether enough relays of a row have answered; relays of a paired row count as its own. */
  #isRowCovered(row: number): boolean {
    if (this.#left.has(row)) return true;
    const { relayIndexes, relaysPerSubject, pairs } = this.#assignment;
    const [first, end] = [row * relaysPerSubject, (row + 1) * relaysPerSubject];
    const own = relayIndexes.subarray(first, end);
    const partner = pairs?.get(row);
    if (partner === undefined) {
      const heard = this.#heard.subarray(first, end);
      return this.awaitsEach(row) ? this.#isCovered(own, true) : this.#isCovered(own, false, heard);
    }
    return this.#isCovered(
      [...own, ...this.#indexesOf(partner)].filter((index) => index >= 0),
      false,
    );
  }

  /** How far the relays of some subjects have come; nothing is pending here. */
  progress(scope: RequestScope): ScopeProgress {
    const { relays, urls } = this.#inScope(scope);
    return {
      isPending: false,
      isSettled: relays.every((index) => this.hasSettled(index)),
      isCovered: this.isCovered(scope),
      isAnswered: relays.some((index) => this.#relays[index].state === "answered"),
      urls,
    };
  }

  /** Whether enough relays have answered for some subjects. */
  isCovered(scope: RequestScope): boolean {
    const inScope = this.#inScope(scope);
    if (inScope.relays.every((index) => this.hasSettled(index))) return true;
    return this.#areCovered(inScope) &&
      (!scope.hasUnscoped ||
        this.#isCovered(this.#assignment.unscoped, scope.subjects.has("thread")));
  }

  /** The rows of some subjects; remembered for as long as the object is. */
  rowsOf(scope: RequestScope): readonly number[] {
    return this.#inScope(scope).rows;
  }

  #inScope(scope: RequestScope): RowsInScope {
    const known = this.#ofScope.get(scope);
    if (known) return known;
    const { urls, relayIndexes, relaysPerSubject, unscoped } = this.#assignment;
    const rowsOf = this.#rowsOf ??= this.#index();
    const rows = [...scope.subjects].flatMap(([role, subjects]) =>
      rowsAmong(subjects, rowsOf.get(role) ?? new Map())
    );
    const indexes = new Set(scope.hasUnscoped ? unscoped : []);
    for (const row of rows) {
      for (let at = row * relaysPerSubject; at < (row + 1) * relaysPerSubject; at++) {
        if (relayIndexes[at] >= 0) indexes.add(relayIndexes[at]);
      }
    }
    const relays = [...indexes];
    const found = { rows, relays, urls: relays.map((index) => urls[index]) };
    this.#ofScope.set(scope, found);
    return found;
  }

  #isCovered(
    relayIndexes: ArrayLike<number>,
    awaitsLate: boolean,
    heard?: Uint8Array,
  ): boolean {
    let answered = false, waiting = false, late = false;
    for (let i = 0; i < relayIndexes.length && relayIndexes[i] >= 0; i++) {
      const { state } = this.#relays[relayIndexes[i]];
      if (state === "answered") {
        if (heard?.[i]) return true;
        answered = true;
      } else if (state === "late" && !awaitsLate) late = true;
      else if (state === "late") return false;
      else if (state === "waiting") waiting = true;
    }
    return !waiting && (answered || !late);
  }

  /**
   * The rows that have relays and lost all of them, or all but fallback relays that answered and
   * had nothing, and that the subject's own list does not name; each row once, and none that was
   * taken as short.
   */
  takeOrphans(): number[] {
    return this.#lostRows.takeOrphans(this.#isLost, (at) => this.#isEmptyFallback(at));
  }

  /**
   * The rows of which each relay counts that lost some since they were last taken, and how many
   * relays one of them lost at most.
   */
  takeShort(): { rows: number[]; lost: number } {
    return this.#lostRows.takeShort(this.#isLost);
  }

  /**
   * The rows of indexers whose relays all came to an end, and those of the paired row, too, but did
   * not agree on the newest version, or had none; each row once.
   */
  takeDoubtful(): number[] {
    const { roles, pairs } = this.#assignment;
    if (!pairs?.size) return [];
    const isOver = (row: number) =>
      this.#indexesOf(row).every((index) => index < 0 || this.hasSettled(index));
    const { first = 0, end = 0 } = roles.find(({ role }) => role === "index") ?? {};
    const rows: number[] = [];
    for (let row = first; row < end; row++) {
      const partner = pairs.get(row);
      if (partner === undefined || this.#doubted[row] === 1 || this.#lostRows.isTaken(row)) {
        continue;
      }
      if (!isOver(row) || !isOver(partner)) continue;
      this.#doubted[row] = 1;
      if (!this.#newest.agree(row, partner)) rows.push(row);
    }
    return rows;
  }

  /**
   * Whether a fallback relay that the subject's own list does not name has answered for a row, and had
   * nothing of the subject.
   */
  hasEmptyFallback(row: number): boolean {
    const { relaysPerSubject } = this.#assignment;
    for (let at = row * relaysPerSubject; at < (row + 1) * relaysPerSubject; at++) {
      if (this.#isEmptyFallback(at)) return true;
    }
    return false;
  }

  #isEmptyFallback(at: number): boolean {
    const { relayIndexes, relaysPerSubject, fallbacks, isListed } = this.#assignment;
    const { state, isLost } = this.#relays[relayIndexes[at]] ?? {};
    if (state !== "answered" || isLost || this.#sent[at] > 0) return false;
    const row = Math.floor(at / relaysPerSubject);
    const isFallback = fallbacks?.includes(relayIndexes[at]) === true;
    return isFallback && !isListed?.(row, relayIndexes[at]) || this.#hasPopular(row);
  }

  /** Whether popular relays are asked for the subject of a row, which nothing names for it. */
  #hasPopular(row: number): boolean {
    const { roles, relayIndexes, relaysPerSubject, relaysPerAuthor = Infinity } = this.#assignment;
    return relaysPerSubject > relaysPerAuthor && roleOf(roles, row) === "write" &&
      relayIndexes[row * relaysPerSubject + relaysPerAuthor] >= 0;
  }

  /**
   * How many events of each subject a relay sent, of how many different ones that came;
   * and what its answer proves; only for subjects for which enough relays have answered to compare
   * them.
   */
  *delivery(relayIndex: number): Iterable<SubjectDelivery> {
    const { subjects, roles, relaysPerSubject } = this.#assignment;
    for (let row = 0; row < subjects.length; row++) {
      const at = this.#find(row, relayIndex);
      if (at < 0 || this.#known[row] === 0) continue;
      // A reply need not be at all of these relays: nothing is missing at one that lacks it.
      if (roleOf(roles, row) === "thread") continue;
      if (this.#answersFor(row) < Math.min(2, relaysPerSubject)) continue;
      yield {
        role: roleOf(roles, row),
        subject: subjects[row],
        sent: this.#sent[at],
        known: this.#known[row],
        proof: this.#proofs[at],
        ...this.#hasPopular(row) ? { hasPopular: true } : {},
      };
    }
  }

  /** How many relays have answered for a row. */
  #answersFor(row: number): number {
    return this.#indexesOf(row)
      .reduce((sum, index) => sum + Number(this.#relays[index]?.state === "answered"), 0);
  }

  /** The relay indexes of a row. */
  #indexesOf(row: number): Int32Array {
    const { relayIndexes, relaysPerSubject } = this.#assignment;
    return relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject);
  }

  /** Where the assignment has a relay for a row; -1 if it does not. */
  #find(row: number, relayIndex: number): number {
    const { relayIndexes, relaysPerSubject } = this.#assignment;
    for (let at = row * relaysPerSubject; at < (row + 1) * relaysPerSubject; at++) {
      if (relayIndexes[at] === relayIndex) return at;
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
