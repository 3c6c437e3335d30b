/**
 * The plan of an open request, which follows relay lists as they become known, and hands
 * out what changed as a difference.
 *
 * @module
 */

import type { RelayKnowledge, Role } from "../nostr/relay_knowledge.ts";
import type { PlanSettings } from "../plan/plan_options.ts";
import { type PlannedReq, planParts } from "../plan/plan_req.ts";
import type { PlanInput, Planned } from "../plan/replan.ts";
import { threadAuthor } from "../plan/thread_relays.ts";
import { changedRoles, listsRelay } from "./listed_roles.ts";
import { isPendingRole } from "./early_plan.ts";
import { LiveAssignment, type LiveSubject, type RelayChange } from "./live_assignment.ts";

/** A relay that is asked already weighs this many times as much as another. */
const ASKED_RELAY_FACTOR = 2;
/** A plan from scratch takes over where it covers this share more people. */
const BETTER_SHARE = 1 / 32;
/** Below what any relay in use weighs. */
const MIN_WEIGHT = 1e-9;

/**
 * A plan that is carried out, and changes.
 *
 * Each difference plans the whole request anew, with a preference for the relays that are
 * asked already. After enough changes it also plans from scratch, and takes that plan over
 * where it is better. People stay on the relays that they have as far as the plan has them,
 * so that few relays and few subscriptions change.
 *
 * At each difference a plan asks at most `maxRelays` relays. Each is asked for people whose
 * list names it, or for people it serves as a fallback relay. A plan covers a person when it
 * asks a relay of that person's own list; this one covers at least nine tenths as many people
 * as planning from scratch would.
 */
export class LivePlan {
  readonly #input: PlanInput;
  readonly #settings: PlanSettings;
  readonly #knowledge: Map<string, RelayKnowledge>;
  readonly #assignment: LiveAssignment;
  /** The subjects that lists can move, by role and pubkey. */
  readonly #followed: ReadonlySet<string>;
  /** The people who are not asked for until their list is known, or {@link LivePlan.complete}. */
  readonly #pending: Set<string>;
  /** How many lists changed since the last plan. */
  #changes = 0;
  /** How many lists changed since the last plan from scratch. */
  #changesSinceScratch = 0;
  /** How many people that plan covered, or the better one that was kept. */
  #covered = 0;

  /** @param planned The plan that is being carried out, made of this input. */
  constructor(input: PlanInput, planned: PlannedReq & Pick<Planned, "early">) {
    this.#input = input;
    this.#knowledge = new Map(input.knowledge);
    const { assignment, early } = planned;
    this.#pending = new Set(early?.pending);
    const rows = early && planParts(input.parts, input.knowledge, input.settings).assignment;
    this.#assignment = new LiveAssignment(
      assignment,
      rows,
      ({ role, subject }) => isPendingRole(role) && this.#pending.has(subject),
    );
    this.#settings = keepingRelays(input.settings, this.#assignment.unscopedRelays);
    this.#followed = new Set(
      this.#assignment.subjects.map(({ role, subject }) => {
        const author = role === "thread" && threadAuthor(subject, input.knowledge);
        return author ? keyOf("read", author) : keyOf(role, subject);
      }),
    );
  }

  /** What the request was planned by, and what became known since. */
  get knowledge(): ReadonlyMap<string, RelayKnowledge> {
    return this.#knowledge;
  }

  /** The relays of the last plan: those that are asked, or will be for people who are pending. */
  get relays(): ReadonlySet<string> {
    return this.#assignment.relays;
  }

  /** What each relay is asked for. */
  asked(): ReadonlyMap<string, ReadonlySet<LiveSubject>> {
    return this.#assignment.asked;
  }

  /** Takes in what is known of a person; what is absent stays as it was. */
  update(pubkey: string, news: RelayKnowledge): void {
    const before = this.#knowledge.get(pubkey);
    this.#knowledge.set(pubkey, { ...before, ...news });
    if (news.write) this.#pending.delete(pubkey);
    const roles = changedRoles(news, before);
    if (roles.some((role) => this.#followed.has(keyOf(role, pubkey)))) this.#changes++;
  }

  /** The search for lists is over: everybody is asked for, by all that is known. */
  complete(knowledge: ReadonlyMap<string, RelayKnowledge> = new Map()): void {
    for (const [key, known] of knowledge) this.update(key, known);
    // Hints count as well, for people without a list.
    this.#changes++;
    this.#pending.clear();
  }

  /** What changed since the last call, relay by relay. The sum is {@link LivePlan.asked}. */
  difference(): RelayChange[] {
    if (this.#changes === 0) return [];
    this.#changesSinceScratch += this.#changes;
    this.#changes = 0;
    this.#assignment.adopt(this.#plan());
    return this.#assignment.difference();
  }

  #plan(): PlannedReq {
    const { parts } = this.#input;
    const settings = this.#settings;
    const { asked } = this.#assignment;
    const weight = (url: string) =>
      settings.weight(url) * (asked.has(url) ? ASKED_RELAY_FACTOR : 1);
    const stable = planParts(parts, this.#knowledge, { ...settings, weight });
    if (this.#changesSinceScratch <= this.#covered * BETTER_SHARE) return stable;
    this.#changesSinceScratch = 0;
    const scratch = planParts(parts, this.#knowledge, settings);
    const [own, other] = [this.#merit(stable), this.#merit(scratch)];
    const isBetter = other.unasked < own.unasked ||
      other.covered > own.covered * (1 + BETTER_SHARE);
    this.#covered = isBetter ? other.covered : own.covered;
    return isBetter ? scratch : stable;
  }

  /** How many subjects a plan asks no relay for, and for how many people one of their own. */
  #merit({ assignment }: PlannedReq): { unasked: number; covered: number } {
    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
    let unasked = 0, covered = 0;
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        // Whoever is on fallback relays is on these alone.
        const url = urls[relayIndexes[row * relaysPerSubject]];
        if (url === undefined) unasked++;
        else if (this.lists(role, subjects[row], url)) covered++;
      }
    }
    return { unasked, covered };
  }

  /** Whether somebody's own list names a relay. */
  lists(role: Role, subject: string, url: string): boolean {
    return listsRelay(this.#knowledge.get(subject), role, url, this.#settings.check);
  }
}

function keyOf(role: LiveSubject["role"], subject: string): string {
  return `${role} ${subject}`;
}

/**
 * Settings by which the unscoped filters stay on the relays where they are: these come
 * before other relays, and in question even where they have lost their weight.
 */
function keepingRelays(settings: PlanSettings, urls: readonly string[]): PlanSettings {
  if (urls.length === 0) return settings;
  const keptFirst = (relays: readonly string[]) => [
    ...relays.filter((url) => urls.includes(url)),
    ...relays.filter((url) => !urls.includes(url)),
  ];
  return {
    ...settings,
    fallbackRelays: keptFirst(settings.fallbackRelays),
    searchRelays: keptFirst(settings.searchRelays),
    weight: (url) => urls.includes(url) ? settings.weight(url) || MIN_WEIGHT : settings.weight(url),
  };
}
