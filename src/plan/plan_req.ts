/**
 * Which relays to ask for what: filters and relay lists in, a plan out.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { copyFilter } from "../nostr/filter_subjects.ts";
import type { RelayKnowledge, Unrouted } from "../nostr/types.ts";
import type { Assignment } from "./assignment.ts";
import { candidateRows } from "./candidate_rows.ts";
import { chooseRelays } from "./choose_relays.ts";
import { cutFilters } from "./cut_filters.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "./plan_options.ts";
import type { RelayGraph } from "./relay_graph.ts";
import { relayShares, unscopedFilters } from "./relay_shares.ts";
import { type ReqParts, reqParts } from "./req_parts.ts";
import { type PersonRoute, personRoutes, type ThingRoute, thingRoutes } from "./route_report.ts";

/** What a request comes to, and why. */
export interface ReqPlan {
  /** The filters for each relay, the best relays first: what `NPool` takes. */
  readonly routes: Map<string, NostrFilter[]>;
  /** What no relay is asked for, and why. */
  readonly unrouted: readonly Unrouted[];
  /** Each person's relays and the reason for them; worked out when first read. */
  readonly people: readonly PersonRoute[];
  /** The events and groups that have relays of their own; worked out when first read. */
  readonly things: readonly ThingRoute[];
}

/**
 * Plans a request by the outbox model (NIP-65).
 *
 * Authors are asked for on their write relays, tagged users on their read relays,
 * each filter narrowed to those people. One set of at most `maxRelays` relays
 * serves all filters. The three best hints and the fallback relays serve whoever has
 * no usable list; the fallback relays serve whom the cap leaves out, and filters that
 * name nobody.
 *
 * Some of it goes elsewhere: gift wraps by `#p` to the relays of a kind 10050 list alone
 * (NIP-17), groups by `#h` to their host alone where a hint names it (NIP-29), searches
 * to the search relays (NIP-50). Others are asked besides: indexers for profiles and
 * lists of authors, hinted relays for events by their ids, the private relays of authors
 * for their drafts (NIP-37).
 *
 * Pure: no input is changed, and changing the plan changes no input. The order of
 * filters, authors, tags and lists has no influence but on the order of the
 * output.
 *
 * @param filters The filters of one REQ; alternatives, as in NIP-01.
 * @param known What is known, by pubkey and by key of an event or a group. Relay lists
 * will do. Of whoever is absent nothing is known.
 * @param options See {@link PlanOptions}. Keep one object for many plans: it is
 * checked once.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example Each author on a relay of theirs
 * ```ts
 * import assert from "node:assert/strict";
 * import { planReq } from "@npool/outbox";
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
  known: ReadonlyMap<string, RelayKnowledge>,
  options?: PlanOptions,
): ReqPlan {
  return planParts(reqParts(filters), known, planSettings(options)).plan;
}

/** A plan, and what those who carry it out need of it. */
export interface PlannedReq {
  readonly plan: ReqPlan;
  readonly assignment: Assignment;
  /** Who could have been asked for where. */
  readonly graph: RelayGraph;
}

/** {@link planReq} for filters that are sorted already. */
export function planParts(
  parts: ReqParts,
  known: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): PlannedReq {
  const rows = candidateRows(parts.scoped, known, settings);
  const open = unscopedFilters(parts, rows);
  const choice = chooseRelays(rows, {
    hasUnscoped: open.some(({ isSearch }) => !isSearch),
    hasSearch: open.some(({ isSearch }) => isSearch),
  }, settings);
  const { shares, unrouted } = relayShares(parts, open, rows, choice);

  const routes = new Map<string, NostrFilter[]>();
  choice.relays.forEach((relay, place) => {
    const whole = open.filter(({ isSearch }) =>
      (isSearch ? choice.search : choice.unscoped).includes(place)
    );
    const room = Math.max(1, settings.maxFiltersPerRelay - whole.length);
    const cut = cutFilters(shares[place], { ...settings, maxFiltersPerRelay: room });
    const asked = [...cut, ...whole.map(({ filter }) => copyFilter(filter))];
    if (asked.length > 0) routes.set(rows.graph.urls[relay], asked);
  });

  const source = { rows, choice, known, settings };
  let people: PersonRoute[] | undefined;
  let things: ThingRoute[] | undefined;
  const plan: ReqPlan = {
    routes,
    unrouted,
    get people() {
      return people ??= personRoutes(source);
    },
    get things() {
      return things ??= thingRoutes(source);
    },
  };
  const assignment: Assignment = {
    urls: choice.relays.map((id) => rows.graph.urls[id]),
    subjects: rows.subjects,
    roles: rows.roles,
    relayIndexes: choice.assigned.relayIndexes,
    relaysPerSubject: choice.assigned.relaysPerSubject,
    unscoped: [...new Set([...choice.unscoped, ...choice.search])],
  };
  return { plan, assignment, graph: rows.graph };
}
