/**
 * What a request wants of which relays, filter by filter and name by name: the rules of
 * reading, as plainly as possible.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { RelayKnowledge, Role } from "../../src/nostr/types.ts";
import type { ReqPlan } from "../../src/plan/plan_req.ts";
import type { KnownRequest } from "./known_requests.ts";
import { isSame } from "./plans.ts";

/** One name of one filter, on one lane. */
export interface Want {
  /** The place of the filter in the request. */
  readonly index: number;
  /** `open` and `search`: the filter or what is left of it, for relays that serve everybody. */
  readonly lane: Role | "open" | "search";
  /** The filter, for some of its kinds. */
  readonly filter: NostrFilter;
  /** The key that is narrowed; absent where the filter is sent as it is. */
  readonly key?: string;
  /** The pubkey, event id or group id. */
  readonly name?: string;
  /** The relays that are to be asked, as far as there is room. */
  readonly own: readonly string[];
  /** Relays that may be asked instead. */
  readonly others: readonly string[];
}

/** Relays of a list that may be asked: in normal form, one a host. */
export function usable(urls: readonly string[] = [], { options }: KnownRequest): string[] {
  const { weight = () => 1, policy } = options;
  const allowed = urls.map((url) => checkRelayUrl(url, policy).url)
    .filter((url) => url !== undefined && weight(url) > 0) as string[];
  const best = [...new Set(allowed)].sort((a, b) =>
    weight(b) - weight(a) || a.length - b.length || (a < b ? -1 : 1)
  );
  return best.filter((url, i) =>
    best.findIndex((other) => new URL(other).host === new URL(url).host) === i
  );
}

/** The three best relays that hints name. */
export function hinted(known: RelayKnowledge | undefined, request: KnownRequest): string[] {
  const urls = (known?.hints ?? []).flatMap(({ url }) => each([url], request));
  return usable([...new Set(urls)].slice(0, 3), request);
}

/** The host of a group, if a hint names one. */
export function hostOf(group: string, { known, options }: KnownRequest): string | undefined {
  return known.get(subjectKey("group", group))?.hints
    ?.map(({ url }) => checkRelayUrl(url, options.policy).url)
    .find((url) => url !== undefined);
}

/** Relays that may be asked, one by one: several of one host stay. */
function each(urls: readonly string[] = [], request: KnownRequest): string[] {
  return urls.filter((url) => usable([url], request).length > 0);
}

/** All that a request wants. */
export function wantsOf(request: KnownRequest): Want[] {
  return request.filters.flatMap((filter, index) =>
    Object.values(filter).some((value) => Array.isArray(value) && value.length === 0)
      ? []
      : wantsOfOne(filter, request).map((want) => ({ ...want, index }))
  );
}

function wantsOfOne(given: NostrFilter, request: KnownRequest): Omit<Want, "index">[] {
  const { known, options } = request;
  const wants: Omit<Want, "index">[] = [];
  let filter = given;
  const isWrap = (kind: number) => kind === 1059 || kind === 21_059;
  if (given["#p"] && given.kinds?.some(isWrap)) {
    const wraps = { ...given, kinds: given.kinds.filter(isWrap) };
    for (const name of new Set(given["#p"])) {
      const own = usable(known.get(name)?.dm, request);
      wants.push({ lane: "dm", filter: wraps, key: "#p", name, own, others: [] });
    }
    if (given.kinds.every(isWrap)) return wants;
    filter = { ...given, kinds: given.kinds.filter((kind) => !isWrap(kind)) };
  }

  const fallbacks = each(options.fallbackRelays, request);
  const searchers = each(options.searchRelays, request);
  const isSearch = filter.search !== undefined;
  const open = {
    lane: isSearch ? "search" : "open",
    filter,
    own: isSearch && searchers.length > 0 ? searchers : fallbacks,
    others: [],
  } as const;
  if (filter["#h"]) {
    for (const name of new Set(filter["#h"])) {
      const host = hostOf(name, request);
      if (host === undefined) wants.push({ ...open, key: "#h", name });
      else {
        const own = usable([host], request);
        wants.push({ lane: "group", filter, key: "#h", name, own, others: [] });
      }
    }
    return wants;
  }
  const key = isSearch
    ? undefined
    : ["authors", "#p", "#P", "#a", "#A"].find((key) => filter[key as "#p"]);
  if (key === undefined) {
    wants.push(open);
    for (const name of isSearch ? [] : new Set(filter.ids)) {
      const own = hinted(known.get(subjectKey("id", name)), request);
      wants.push({ lane: "id", filter, key: "ids", name, own, others: [] });
    }
    return wants;
  }
  const lane = key === "authors" ? "write" : "read";
  const parts = [
    { lane: "private", kinds: filter.kinds?.filter((kind) => kind === 31_234) },
    { lane: "index", kinds: filter.kinds?.filter(isReplaceableKind) },
  ] as const;
  for (const name of new Set(filter[key as "#p"]!.map((value) => nameIn(key, value)))) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const own = usable(known.get(name)?.[lane], request);
    const hints = own.length > 0 ? [] : hinted(known.get(name), request);
    wants.push({ lane, filter, key, name, own, others: [...hints, ...fallbacks] });
    for (const { lane, kinds = [] } of key === "authors" ? parts : []) {
      if (kinds.length === 0) continue;
      const relays = lane === "index" ? options.indexerRelays : known.get(name)?.private;
      const own = usable(relays, request);
      wants.push({ lane, filter: { ...filter, kinds }, key, name, own, others: [] });
    }
  }
  return wants;
}

/** Whom or what a value of a filter's key names. */
export function nameIn(key: string, value: string): string {
  return key.toLowerCase() === "#a" ? value.split(":")[1] : value;
}

/** Whether a routed filter is the filter of a want, narrowed to some names if it may be. */
export function isPartOf(routed: NostrFilter, { filter, key = "" }: Want): boolean {
  const values: readonly string[] = routed[key as "#p"] ?? [];
  return isSame({ ...routed, [key]: 0 }, { ...filter, [key]: 0 }) &&
    values.every((value) => filter[key as "#p"]!.includes(value));
}

/** Where something is asked for as it is wanted, or as part of more. */
export function relaysOf(want: Want, { routes }: ReqPlan, wants: readonly Want[]): string[] {
  const { index, key = "", name } = want;
  const wider = wants.filter((other) =>
    other === want ||
    other.index === index && (want.lane === "id" && other.lane === "open" ||
        (want.lane === "index" || want.lane === "private") && other.lane === "write" &&
          other.name === name)
  );
  return [...routes].filter(([, filters]) =>
    wider.some((other) =>
      filters.some((routed) =>
        isPartOf(routed, other) &&
        (name === undefined ||
          routed[key as "#p"]?.some((value: string) => nameIn(key, value) === name))
      )
    )
  ).map(([url]) => url);
}
