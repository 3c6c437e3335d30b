/**
 * The rows of a request that have lost relays, each to be given out once for what it lost.
 *
 * @module
 */

import { type Assignment, isForEach } from "../plan/assignment.ts";

/** See the module. */
export class LostRows {
  readonly #assignment: Assignment;
  /** Per row, how many relays it had lost when it was last given out; else 0. */
  readonly #replaced: Uint8Array;

  /** Nothing is lost. */
  constructor(assignment: Assignment) {
    this.#assignment = assignment;
    this.#replaced = new Uint8Array(assignment.subjects.length);
  }

  /** Whether a row was given out. */
  isTaken(row: number): boolean {
    return this.#replaced[row] > 0;
  }

  /**
   * The rows that have relays and lost all of them, but for those that serve nobody; each row once,
   * and none that was taken as short.
   *
   * @param isIdle Whether the relay of an entry of `relayIndexes` works and yet serves nobody.
   */
  takeOrphans(isLost: (relayIndex: number) => boolean, isIdle: (at: number) => boolean): number[] {
    const { relayIndexes, relaysPerSubject, subjects } = this.#assignment;
    const rows: number[] = [];
    for (let row = 0; row < subjects.length; row++) {
      if (this.isTaken(row)) continue;
      let lost = 0, others = 0;
      for (let at = row * relaysPerSubject; at < (row + 1) * relaysPerSubject; at++) {
        if (relayIndexes[at] < 0) continue;
        if (isLost(relayIndexes[at])) lost++;
        else if (!isIdle(at)) others++;
      }
      if (lost === 0 || others > 0) continue;
      this.#replaced[row] = lost;
      rows.push(row);
    }
    return rows;
  }

  /**
   * The rows of which each relay counts that lost some since they were last taken, and how many
   * relays one of them lost at most.
   */
  takeShort(isLost: (relayIndex: number) => boolean): { rows: number[]; lost: number } {
    const { relayIndexes, relaysPerSubject, roles } = this.#assignment;
    const rows: number[] = [];
    let most = 0;
    for (const { first, end } of roles.filter(isForEach)) {
      for (let row = first; row < end; row++) {
        const lost = relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)
          .filter((index) => index >= 0 && isLost(index)).length;
        if (lost <= this.#replaced[row]) continue;
        most = Math.max(most, lost - this.#replaced[row]);
        this.#replaced[row] = lost;
        rows.push(row);
      }
    }
    return { rows, lost: most };
  }
}
