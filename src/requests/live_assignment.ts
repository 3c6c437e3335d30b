/**
 * Which subjects each relay of an open request is asked for, plan after plan, and what
 * changed from one plan to the next.
 *
 * @module
 */

import type { Assignment } from "../plan/assignment.ts";
import type { PlannedReq } from "../plan/plan_req.ts";
import {
  type LiveSubject,
  relaysByRow,
  type SubjectsByRelay,
  subjectsByRelay,
  subjectsByRow,
  unscopedSubject,
} from "./asked_subjects.ts";

export type { LiveSubject } from "./asked_subjects.ts";

/** What changed at one relay. */
export interface RelayChange {
  /** In normal form. */
  readonly url: string;
  /** The subjects that it is asked for from now on. */
  readonly gained: readonly LiveSubject[];
  /** The subjects that it is no longer asked for. */
  readonly lost: readonly LiveSubject[];
}

/** See the module. */
export class LiveAssignment {
  /** The subjects by row: all plans of one request have the same rows. */
  readonly #subjects: readonly LiveSubject[];
  readonly #unscoped = unscopedSubject();
  /** The relays that the unscoped filters went to at first. They stay there. */
  readonly #unscopedRelays: readonly string[];
  /** The relays of each row. */
  #relays: readonly (readonly string[])[];
  #asked: SubjectsByRelay;
  #chosen: ReadonlySet<string>;
  /** What {@link LiveAssignment.difference} handed out so far. */
  #reported: SubjectsByRelay;

  /** Whether a subject is not to be asked for yet. */
  readonly #isPending: (subject: LiveSubject) => boolean;

  /**
   * Starts with the assignment that is being carried out.
   *
   * @param rows The assignment that has the rows of all plans, if the first has fewer.
   */
  constructor(
    assignment: Assignment,
    rows: Pick<Assignment, "subjects" | "roles"> = assignment,
    isPending: (subject: LiveSubject) => boolean = () => false,
  ) {
    const { urls, unscoped } = assignment;
    this.#isPending = isPending;
    this.#chosen = new Set(urls);
    this.#subjects = subjectsByRow(rows);
    this.#unscopedRelays = unscoped.map((relayIndex) => urls[relayIndex]);
    this.#relays = relaysByRow(assignment);
    if (rows !== assignment) {
      const keyOf = ({ role, subject }: LiveSubject) => `${role} ${subject}`;
      const before = subjectsByRow(assignment);
      const relaysOf = new Map(before.map((subject, row) => [keyOf(subject), this.#relays[row]]));
      this.#relays = this.#subjects.map((subject) => relaysOf.get(keyOf(subject)) ?? []);
    }
    this.#asked = this.#reported = this.#byRelay(urls);
  }

  /** The subjects by row, without the unscoped filters. */
  get subjects(): readonly LiveSubject[] {
    return this.#subjects;
  }

  /** The relays that the unscoped filters went to at first. */
  get unscopedRelays(): readonly string[] {
    return this.#unscopedRelays;
  }

  /** The relays of the last plan, asked or not. */
  get relays(): ReadonlySet<string> {
    return this.#chosen;
  }

  /** What each relay is asked for. */
  get asked(): ReadonlyMap<string, ReadonlySet<LiveSubject>> {
    return this.#asked;
  }

  /**
   * Takes over another plan of the same request. A subject stays on a relay that it has
   * as long as the plan has that relay and counts it among the subject's own.
   */
  adopt({ assignment, graph }: PlannedReq): void {
    const { urls } = assignment;
    const chosen = this.#chosen = new Set(urls);
    const idOf = new Map(graph.urls.map((url, id) => [url, id]));
    this.#relays = relaysByRow(assignment).map((planned, row) => {
      if (this.#isPending(this.#subjects[row])) return [];
      const before = this.#relays[row];
      if (before.every((url) => planned.includes(url))) return planned;
      const candidates = graph.relaysOf.subarray(graph.starts[row], graph.starts[row + 1]);
      const staying = before.filter((url) =>
        chosen.has(url) && candidates.includes(idOf.get(url)!)
      );
      // The plan has as many relays for each subject as its role may have and the cap allows.
      return [...new Set([...staying, ...planned])].slice(0, planned.length);
    });
    this.#asked = this.#byRelay(urls);
  }

  /** What changed since the last call. The sum of all calls is {@link LiveAssignment.asked}. */
  difference(): RelayChange[] {
    const [before, after] = [this.#reported, this.#asked];
    this.#reported = after;
    if (before === after) return [];
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((url): RelayChange[] => {
      const [old, now] = [before.get(url) ?? NONE, after.get(url) ?? NONE];
      const gained = [...now].filter((subject) => !old.has(subject));
      const lost = [...old].filter((subject) => !now.has(subject));
      return gained.length + lost.length > 0 ? [{ url, gained, lost }] : [];
    });
  }

  #byRelay(chosen: readonly string[]): SubjectsByRelay {
    const unscoped = this.#unscopedRelays.filter((url) => chosen.includes(url));
    return subjectsByRelay(this.#subjects, this.#relays, unscoped, this.#unscoped);
  }
}

const NONE: ReadonlySet<LiveSubject> = new Set();
