/**
 * Reads a plan off its routes, as plainly as possible.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Role } from "../../src/nostr/relay_knowledge.ts";
import type { ReqPlan } from "../../src/plan/plan_req.ts";

/** The keys that name people, in the order in which a filter is read. */
const KEYS = ["authors", "#p", "#P"] as const;

/** The people that a filter names; `undefined` if it names none. */
export function peopleIn(filter: NostrFilter) {
  if (filter.search !== undefined || filter["#h"]) return undefined;
  const key = KEYS.find((key) => filter[key as "#p"] !== undefined);
  if (!key) return undefined;
  const people: string[] = [...filter[key as "#p"]!];
  const isWrap = key === "#p" && filter.kinds?.every((kind) => kind === 1059);
  const role: Role = key === "authors" ? "write" : isWrap ? "dm" : "read";
  return { key, role, people };
}

/** Which relays are asked for which people, in which role. */
export function requested(plan: ReqPlan): { url: string; pubkey: string; role: Role }[] {
  return [...plan.routes].flatMap(([url, filters]) =>
    filters.flatMap((filter) => {
      const found = peopleIn(filter);
      return (found?.people ?? []).map((pubkey) => ({ url, pubkey, role: found!.role }));
    })
  );
}

/** Whether two filters are the same but for the order of their keys. */
export function isSame(a: object, b: object): boolean {
  const clean = (value: object) =>
    JSON.stringify(Object.entries(value).filter(([key]) => key).sort());
  return clean(a) === clean(b);
}

/** A plan as a value that does not depend on the order of filters, subjects and relays. */
export function unordered({ routes, unrouted }: ReqPlan) {
  const text = (value: object) =>
    JSON.stringify(
      Object.entries(value).sort()
        .map(([key, inner]) => [key, Array.isArray(inner) ? inner.toSorted() : inner]),
    );
  return {
    routes: [...routes].map(([url, filters]) => [url, filters.map(text).sort()]).sort(),
    unrouted: unrouted.map(({ reason, pubkey }) => text({ reason, pubkey })).sort(),
  };
}
