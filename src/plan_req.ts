/**
 * Which relays to ask for what: filters and relay lists in, a plan out.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { type Choice, chooseRelays } from "./choose_relays.ts";
import { cutFilters, type Share } from "./cut_filters.ts";
import { copyFilter } from "./filters.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "./options.ts";
import { type PersonRoute, personRoutes } from "./person_routes.ts";
import { INVALID, NO_LIST, type PlanRows, planRows, rowFinder } from "./plan_rows.ts";
import type { RelayGraph } from "./relay_graph.ts";
import { type ReqParts, reqParts } from "./req_parts.ts";
import type { Seats } from "./seats.ts";
import type { RelayList, Unrouted } from "./types.ts";

/** What a request comes to, and why. */
export interface ReqPlan {
  /** The filters for each relay, the best relays first: what `NPool` takes. */
  readonly routes: Map<string, NostrFilter[]>;
  /** What no relay is asked for, and why. */
  readonly unrouted: readonly Unrouted[];
  /** Each person's relays and the reason for them; worked out when first read. */
  readonly people: readonly PersonRoute[];
}

/**
 * Plans a request by the outbox model (NIP-65).
 *
 * Authors are asked for on their write relays, tagged users on their read relays,
 * each filter narrowed to those people. One set of at most `maxRelays` relays
 * serves all filters. The fallback relays serve whoever has no usable list, whom
 * the cap leaves out, and filters that name nobody.
 *
 * Pure: no input is changed, and changing the plan changes no input. The order of
 * filters, authors, tags and lists has no influence but on the order of the
 * output.
 *
 * @param filters The filters of one REQ; alternatives, as in NIP-01.
 * @param lists Known relay lists by pubkey. Whoever is absent has none.
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
  lists: ReadonlyMap<string, RelayList>,
  options?: PlanOptions,
): ReqPlan {
  return planParts(reqParts(filters), lists, planSettings(options)).plan;
}

/** A plan, and what those who carry it out need of it. */
export interface PlannedReq {
  readonly plan: ReqPlan;
  readonly seats: Seats;
  /** Who could have been asked for where. */
  readonly graph: RelayGraph;
}

/** {@link planReq} for filters that are sorted already. */
export function planParts(
  parts: ReqParts,
  lists: ReadonlyMap<string, RelayList>,
  settings: PlanSettings,
): PlannedReq {
  const rows = planRows(parts.named, lists, settings);
  const choice = chooseRelays(rows, parts.open.length > 0, settings);
  const { shares, unrouted } = shareOut(parts, rows, choice);

  const routes = new Map<string, NostrFilter[]>();
  choice.relays.forEach((relay, place) => {
    const open = choice.open.includes(place) ? parts.open : [];
    const room = Math.max(1, settings.maxFiltersPerRelay - open.length);
    const cut = cutFilters(shares[place], { ...settings, maxFiltersPerRelay: room });
    const asked = [...cut, ...open.map(({ filter }) => copyFilter(filter))];
    if (asked.length > 0) routes.set(rows.graph.urls[relay], asked);
  });

  let people: PersonRoute[] | undefined;
  const plan: ReqPlan = {
    routes,
    unrouted,
    get people() {
      return people ??= personRoutes(rows, choice, lists, settings);
    },
  };
  const seats: Seats = {
    urls: choice.relays.map((id) => rows.graph.urls[id]),
    pubkeys: rows.pubkeys,
    authors: rows.authors,
    places: choice.deal.places,
    copies: choice.deal.copies,
    open: choice.open,
  };
  return { plan, seats, graph: rows.graph };
}

/** Each relay's share of each part, by place, and whom nobody is asked for. */
function shareOut(
  parts: ReqParts,
  rows: PlanRows,
  { relays, deal, open }: Choice,
): { shares: Share[][]; unrouted: Unrouted[] } {
  const shares = relays.map((): Share[] => []);
  const unrouted = [...parts.unrouted];
  const noFallback = rows.fallbacks.length === 0;
  const { places, copies } = deal;

  const finder = rowFinder(parts.named, rows);
  for (const part of parts.named) {
    const pubkeys = relays.map((): string[] => []);
    const rowOf = finder(part);
    const { people: { order, pubkeys: named } } = part;
    for (let i = 0; i < order.length; i++) {
      const row = rowOf(order[i]);
      const end = (row + 1) * copies;
      let at = row * copies;
      if (at === end || places[at] < 0) {
        const reason = unroutedReason(rows.kinds[row], noFallback);
        unrouted.push({ reason, pubkey: named[order[i]], filter: part.index });
      }
      for (; at < end && places[at] >= 0; at++) pubkeys[places[at]].push(named[order[i]]);
    }
    pubkeys.forEach((some, place) => {
      if (some.length > 0) shares[place].push({ part, pubkeys: some });
    });
  }
  if (open.length === 0) {
    for (const { index } of parts.open) unrouted.push({ reason: "no-fallback", filter: index });
  }
  return { shares, unrouted };
}

function unroutedReason(kind: number, noFallback: boolean): Unrouted["reason"] {
  if (kind === INVALID) return "invalid-pubkey";
  return kind === NO_LIST && noFallback ? "no-list" : "cap";
}
