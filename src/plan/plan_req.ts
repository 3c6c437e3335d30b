/**
 * Plans a request: filters and relay lists in, a plan out.
 *
 * The room `plan` turns filters or an event, and what is known about relays, into a plan. It
 * decides, and neither waits nor fetches. Its nouns:
 * - A *subject* is what a filter names: a pubkey, an event id or a group id.
 * - A *role* says as what a subject is looked for, and so which of its relays count: as an
 *   author on write relays, as a tagged user on read relays, and so on.
 * - A *row* is one subject in one role, with its candidate relays.
 * - An *assignment* gives each row some of the chosen relays, by *relay index*.
 * - A *scoped* filter is narrowed to its subjects; an *unscoped* filter is sent whole.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { copyFilter } from "../nostr/filter_subjects.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { Unrouted } from "../nostr/unrouted.ts";
import type { Assignment } from "./assignment.ts";
import { candidateRows, OWN_LIST } from "./candidate_rows.ts";
import { chooseRelays } from "./choose_relays.ts";
import { cutFilters } from "./cut_filters.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "./plan_options.ts";
import type { RelayGraph } from "./relay_graph.ts";
import { relayShares, unscopedFilters } from "./relay_shares.ts";
import { type ReqParts, reqParts } from "./req_parts.ts";
import { type SubjectRoute, subjectRoutes } from "./route_report.ts";

/** Which relays a request goes to, and why. */
export interface ReqPlan {
  /** The filters for each relay, best relays first: what `NPool` takes. */
  readonly routes: Map<string, NostrFilter[]>;
  /** The subjects and filters that no relay is asked for, and why. */
  readonly unrouted: readonly Unrouted[];
  /**
   * The relays of each subject and the reason for them: authors first, then tagged users,
   * then the other roles. An event or a group without relays of its own is absent. Computed
   * when first read.
   */
  readonly subjects: readonly SubjectRoute[];
}

/**
 * Plans a request by the outbox model (NIP-65).
 *
 * Authors are requested from their write relays and tagged users from their read relays,
 * with filters that are narrowed to them. One set of at most `maxRelays` relays serves all
 * filters. Users without a usable list are requested from the relays of their best hints, by the
 * weights of the hint and of the relay, and from fallback relays. The fallback relays also serve
 * users whom the cap leaves out, and filters that name no subject.
 *
 * Some requests go elsewhere:
 * - Gift wraps by `#p` go to the relays of a kind 10050 list alone, and to all of these that
 *   `maxRelays` allows (NIP-17). A filter with `#p` and without kinds asks for gift wraps, too.
 * - What answers or quotes an event (`#e`, `#E`, `#q`, `#a`, `#A`, without people or `ids`) is
 *   requested from up to three inboxes of the event's author, from two relays where the event was
 *   seen or that hints name, and from the fallback relays; from a dozen relays at most.
 * - Groups by `#h` go to their host alone if a hint names it (NIP-29).
 * - Searches go to the search relays (NIP-50).
 *
 * And some relays are asked as well: indexers for profiles and lists of authors, hinted
 * relays for events by their ids, and an author's private relays for drafts (NIP-37).
 *
 * Pure: no input is changed, and changing the plan changes no input. The order of filters,
 * authors, tags and lists affects nothing but the order of the output.
 *
 * @param filters The filters of one REQ; alternatives, as in NIP-01.
 * @param knowledge What is known about each subject, by pubkey, or by `subjectKey` for an
 * event or a group. A map of relay lists will do. Nothing is known about absent subjects.
 * @param options See {@link PlanOptions}. Reuse one object for many plans: each object is
 * checked once.
 * @throws {RangeError} If an option, or a number in a filter, is out of its range.
 * @throws {TypeError} If there is no option of a name, or an option or a value in a filter has
 * the wrong type.
 *
 * @example Each author is requested from a relay of their own, or from a fallback relay
 * ```ts
 * import assert from "node:assert/strict";
 * import { planReq } from "@npool/outbox/plan";
 *
 * const alice = "aa".repeat(32);
 * const bob = "bb".repeat(32);
 * const list = (pubkey: string, url: string) =>
 *   [pubkey, { pubkey, created_at: 0, write: [url], read: [] }] as const;
 *
 * const plan = planReq(
 *   [{ kinds: [1], authors: [alice, bob] }],
 *   new Map([list(alice, "wss://a.example/")]),
 *   { fallbackRelays: ["wss://hub.example"] },
 * );
 *
 * assert.deepEqual(plan.routes.get("wss://a.example/"), [{ kinds: [1], authors: [alice] }]);
 * assert.deepEqual(plan.routes.get("wss://hub.example/"), [{ kinds: [1], authors: [bob] }]);
 * ```
 */
export function planReq(
  filters: readonly NostrFilter[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  options?: PlanOptions,
): ReqPlan {
  return planParts(reqParts(filters), knowledge, planSettings(options)).plan;
}

/** A plan, and what a request needs to carry it out. */
export interface PlannedReq {
  readonly plan: ReqPlan;
  readonly assignment: Assignment;
  /** The candidate relays of every subject. */
  readonly graph: RelayGraph;
}

/** {@link planReq} for filters that are sorted into parts and options that are checked. */
export function planParts(
  parts: ReqParts,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): PlannedReq {
  const rows = candidateRows(parts.scoped, knowledge, settings);
  const unscoped = unscopedFilters(parts, rows);
  const choice = chooseRelays(rows, {
    hasUnscoped: unscoped.some(({ isSearch }) => !isSearch),
    hasSearch: unscoped.some(({ isSearch }) => isSearch),
  }, settings);
  const { shares, unrouted } = relayShares(parts, unscoped, rows, choice);

  const routes = new Map<string, NostrFilter[]>();
  choice.relays.forEach((relay, index) => {
    const whole = unscoped.filter(({ isSearch }) =>
      (isSearch ? choice.search : choice.unscoped).includes(index)
    );
    const maxCut = Math.max(1, settings.maxFiltersPerRelay - whole.length);
    const cut = cutFilters(shares[index], { ...settings, maxFiltersPerRelay: maxCut });
    const filters = [...cut, ...whole.map(({ filter }) => copyFilter(filter))];
    if (filters.length > 0) routes.set(rows.graph.urls[relay], filters);
  });

  let subjects: SubjectRoute[] | undefined;
  const plan: ReqPlan = {
    routes,
    unrouted,
    get subjects() {
      return subjects ??= subjectRoutes({ rows, choice, knowledge, settings });
    },
  };
  const assignment: Assignment = {
    urls: choice.relays.map((id) => rows.graph.urls[id]),
    subjects: rows.subjects,
    roles: rows.roles,
    relayIndexes: choice.assigned.relayIndexes,
    relaysPerSubject: choice.assigned.relaysPerSubject,
    relaysPerAuthor: settings.relaysPerAuthor,
    pairs: rows.pairs,
    unscoped: [...new Set([...choice.unscoped, ...choice.search])],
    fallbacks: rows.fallbacks.map((id) => choice.relays.indexOf(id)).filter((index) => index >= 0),
    // Whoever has a list is requested from relays of it alone, unless the cap leaves them out.
    isListed: (row) => rows.origins[row] === OWN_LIST && !choice.leftOut[row],
  };
  return { plan, assignment, graph: rows.graph };
}
