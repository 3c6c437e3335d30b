/**
 * What a plan comes to, read off its routes as plainly as possible.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Role } from "../../src/nostr/types.ts";
import type { ReqPlan } from "../../src/plan/plan_req.ts";

/** Which keys name people, in the order in which a filter is read. */
const KEYS = ["authors", "#p", "#P", "#a", "#A"] as const;

/** Whom a filter is about; `undefined` if about nobody. */
export function about(filter: NostrFilter) {
  if (filter.search !== undefined || filter["#h"]) return undefined;
  const key = KEYS.find((key) => filter[key as "#p"] !== undefined);
  if (!key) return undefined;
  const people = filter[key as "#p"]!
    .map((value) => key.toLowerCase() === "#a" ? value.split(":")[1] : value);
  const isMail = key === "#p" && filter.kinds?.every((kind) => kind === 1059);
  const lane: Role = key === "authors" ? "write" : isMail ? "dm" : "read";
  return { key, lane, people };
}

/** Who is asked for where. */
export function asked(plan: ReqPlan): { url: string; pubkey: string; lane: Role }[] {
  return [...plan.routes].flatMap(([url, filters]) =>
    filters.flatMap((filter) => {
      const found = about(filter);
      return (found?.people ?? []).map((pubkey) => ({ url, pubkey, lane: found!.lane }));
    })
  );
}

/** Whether two filters are the same but for the order of their keys. */
export function isSame(a: object, b: object): boolean {
  const clean = (value: object) =>
    JSON.stringify(Object.entries(value).filter(([key]) => key).sort());
  return clean(a) === clean(b);
}
