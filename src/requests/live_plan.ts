/**
 * The plan of an open request, which follows what becomes known: one more list costs no
 * more than the relays in it, and what changed is handed out as a difference.
 *
 * @module
 */

import type { RelayKnowledge, Role } from "../nostr/types.ts";
import type { Assignment } from "../plan/assignment.ts";
import { type PlannedReq, planParts } from "../plan/plan_req.ts";
import type { PlanInput } from "../plan/replan.ts";
import { LiveAssignment, type Merit } from "./live_assignment.ts";
import type { LiveRow, RouteChange, Seating } from "./live_relays.ts";

/** The lanes in which somebody's own list says where to ask. */
const LISTED: readonly (Role & keyof RelayKnowledge)[] = ["write", "read", "dm", "private"];

/** Planning anew is worth while where this share of people might gain by it. */
const WORTH_WHILE = 1 / 32;
/** For so few people it always is. */
const FEW = 64;

/**
 * A plan that is carried out, and changes.
 *
 * Whoever's list arrives is seated at once: on relays that are asked anyway, and on
 * others while there is room for more. Since rare relays would fill the room that way, the
 * whole is planned anew after enough changes for that to pay: a share of those who are
 * covered, so that all planning together costs a small multiple of the last. The new plan
 * counts only where it is better by some per cent, and leaves people where they are as far
 * as it has their relays.
 *
 * At each difference it asks at most `maxRelays` relays, each of them for people whose list
 * names it, or for whom the planner would have it stand in; and at least nine in ten of
 * those whom planning from scratch would ask for on their own relays.
 */
export class LivePlan {
  readonly #input: PlanInput;
  /** The relays that were asked filters as a whole. */
  readonly #open: readonly string[];
  readonly #known: Map<string, RelayKnowledge>;
  readonly #seats: LiveAssignment;
  /** Whether lists have changed since the plan was last made as a whole. */
  #hasNews = false;
  /** How many of them have by which the whole might do better than one by one. */
  #doubtful = 0;

  /** @param planned The plan that is carried out, made of this input. */
  constructor(input: PlanInput, planned: PlannedReq) {
    const seatings = seatingsOf(planned.assignment);
    this.#input = input;
    this.#open = seatings.find(({ role }) => role === "open")?.urls ?? [];
    this.#known = new Map(input.known);
    this.#seats = new LiveAssignment(
      input.settings,
      seatings,
      ({ role, subject }) => isListed(role) ? input.known.get(subject)?.[role] ?? [] : [],
    );
  }

  /** What has been made known, and what the request was planned by. */
  get known(): ReadonlyMap<string, RelayKnowledge> {
    return this.#known;
  }

  /** What is asked for where. */
  asked(): ReadonlyMap<string, ReadonlySet<LiveRow>> {
    return this.#seats.asked();
  }

  /** Takes in what is known of somebody; what is absent stays as it was. */
  update(pubkey: string, known: RelayKnowledge): void {
    this.#known.set(pubkey, { ...this.#known.get(pubkey), ...known });
    for (const lane of LISTED) {
      const urls = known[lane];
      const isSure = urls && this.#seats.list(lane, pubkey, urls);
      if (isSure === undefined) continue;
      this.#hasNews = true;
      if (!isSure) this.#doubtful++;
    }
  }

  /** What changed since it was last called, relay by relay. The sum is {@link LivePlan.asked}. */
  difference(): RouteChange[] {
    if (this.#isDue()) this.#planAnew();
    return this.#seats.difference();
  }

  #isDue(): boolean {
    const { size, covered, isShort } = this.#seats;
    return this.#hasNews &&
      (size <= FEW || isShort || this.#doubtful > covered * WORTH_WHILE);
  }

  #planAnew(): void {
    const { parts, settings } = this.#input;
    const seatings = seatingsOf(planParts(parts, this.#known, settings).assignment);
    this.#seats.weigh();
    if (this.#fits(seatings) && isBetter(this.#seats.meritOf(seatings), this.#seats.merit)) {
      this.#seats.adopt(seatings);
    }
    this.#hasNews = false;
    this.#doubtful = 0;
  }

  /** Whether what is asked as a whole would be asked on some of the relays where it is. */
  #fits(seatings: readonly Seating[]): boolean {
    if (this.#open.length === 0) return true;
    const open = seatings.find(({ role }) => role === "open");
    return open !== undefined && open.urls.every((url) => this.#open.includes(url));
  }
}

/** Whether somebody's own list says where to ask for them on a lane. */
export function isListed(lane: LiveRow["role"]): lane is typeof LISTED[number] {
  return LISTED.includes(lane as typeof LISTED[number]);
}

function isBetter(other: Merit, own: Merit): boolean {
  return other.unasked < own.unasked ||
    other.covered > own.covered * (1 + WORTH_WHILE) ||
    other.worth > own.worth * (1 + WORTH_WHILE);
}

function seatingsOf(
  { urls, subjects, roles, relayIndexes, relaysPerSubject, unscoped }: Assignment,
): Seating[] {
  const seatings = roles.flatMap(({ role, first, end }) =>
    subjects.slice(first, end).map((subject, i): Seating => {
      const row = (first + i) * relaysPerSubject;
      const own: string[] = [];
      for (let at = row; at < row + relaysPerSubject && relayIndexes[at] >= 0; at++) {
        own.push(urls[relayIndexes[at]]);
      }
      return { role, subject, urls: own };
    })
  );
  if (unscoped.length === 0) return seatings;
  return [...seatings, { role: "open", subject: "", urls: unscoped.map((place) => urls[place]) }];
}
