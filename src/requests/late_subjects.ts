/**
 * Lets a request for many people end without the last few of them, if all their relays are late.
 *
 * @module
 */

import { type Assignment, roleOf } from "../plan/assignment.ts";
import type { Coverage } from "./coverage.ts";

/** The subjects for whom a request, with those within it, waits no longer. */
export class LateSubjects {
  readonly #max: number;
  readonly #keys = new Set<string>();

  /** @param max Most subjects. */
  constructor(max = 0) {
    this.#max = max;
  }

  /**
   * Has a coverage wait no longer for those whom it still waits for, if all their relays are late and
   * they are few enough, with those of before.
   *
   * @returns Whether the coverage is done.
   */
  leave({ subjects, roles }: Assignment, coverage: Coverage): boolean {
    const rows = this.#max > 0 ? coverage.onlyLate : undefined;
    if (!rows) return false;
    const all = this.#keys.union(
      new Set(rows.map((row) => `${roleOf(roles, row)} ${subjects[row]}`)),
    );
    if (all.size > this.#max) return false;
    for (const key of all) this.#keys.add(key);
    coverage.leave(rows);
    return coverage.isDone;
  }
}
