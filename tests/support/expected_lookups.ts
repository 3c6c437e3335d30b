/**
 * What a request wants from which relays, filter by filter and subject by subject: the rules
 * of reading, as plainly as possible.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import type { RelayKnowledge, Role } from "../../src/nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { ReqPlan } from "../../src/plan/plan_req.ts";
import type { KnownRequest } from "./known_requests.ts";
import { isSame } from "./plans.ts";

/** One subject of one filter, in one role. */
export interface Want {
  /** The index of the filter in the request. */
  readonly index: number;
  /** `unscoped` and `search`: the filter, or what is left of it, for relays that serve everybody. */
  readonly role: Role | "unscoped" | "search";
  /** The filter, for some of its kinds. */
  readonly filter: NostrFilter;
  /** The key that is narrowed; absent if the filter is sent as it is. */
  readonly key?: string;
  /** The pubkey, event id or group id. */
  readonly subject?: string;
  /** The relays that should be asked, up to the caps. */
  readonly own: readonly string[];
  /** Relays that may be asked instead. */
  readonly others: readonly string[];
  /** Whether nothing is missing where nobody knows the subject's own relays. */
  readonly isImplied?: boolean;
}

/** The relays of a list that may be asked: in normal form, one a host. */
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

/** The relays of a list for gift wraps that may be asked, each once: a host may have several. */
export function forGiftWraps(urls: readonly string[] | undefined, request: KnownRequest): string[] {
  return [...new Set((urls ?? []).flatMap((url) => usable([url], request)))];
}

/** The three best relays that hints name, one a host. */
export function hinted(knowledge: RelayKnowledge | undefined, request: KnownRequest): string[] {
  return usable(bestHinted(knowledge, request).slice(0, 3), request);
}

/** The relays that hints name, the best first, by the weights of the hint and of the relay. */
function bestHinted(knowledge: RelayKnowledge | undefined, request: KnownRequest): string[] {
  const { weight = () => 1 } = request.options;
  const values = new Map<string, number>();
  for (const hint of knowledge?.hints ?? []) {
    for (const url of usable([hint.url], request)) {
      values.set(url, Math.max(values.get(url) ?? 0, hint.weight * weight(url)));
    }
  }
  return [...values].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([url]) => url);
}

/** The relays for what answers an event, one a host. */
export function threadRelaysOf(subject: string, request: KnownRequest): string[] {
  return usable(namedForThread(subject, request), request);
}

/**
 * The relays for what answers an event: its author's inboxes (or else the relays of hints about the
 * author), and the two best relays of hints about the event.
 */
export function namedForThread(subject: string, request: KnownRequest): string[] {
  const { knowledge } = request;
  const isAddress = subject.includes(":");
  const event = knowledge.get(`${isAddress ? "address" : "id"}:${subject}`);
  const named = isAddress ? subject.split(":")[1] : event?.author;
  const author = named === "not-a-pubkey" ? undefined : knowledge.get(named ?? "");
  const inboxes = inboxesOf(author, request);
  const hints = (event?.hints ?? []).filter(({ source }) => source !== "author");
  const seen = bestHinted({ hints }, request).slice(0, 2);
  const others = inboxes.length > 0 ? [] : bestHinted(author, request).slice(0, 3);
  return [...inboxes, ...others, ...seen];
}

/** The best three inboxes, fallback relays first; two if a fallback relay is one, or all of these. */
function inboxesOf(author: RelayKnowledge | undefined, request: KnownRequest): string[] {
  const { weight = () => 1, fallbackRelays = [] } = request.options;
  const all = [...new Set(each(author?.read, request))];
  const fallbacks = all.filter((url) => fallbackRelays.includes(url));
  const others = all.filter((url) => !fallbackRelays.includes(url))
    .sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const more = fallbacks.length === 0 ? 3 : fallbacks.length === 1 ? 1 : 0;
  return [...fallbacks, ...others.slice(0, more)];
}

/** The host of a group, if a hint names one. */
export function hostOf(group: string, { knowledge, options }: KnownRequest): string | undefined {
  return knowledge.get(subjectKey("group", group))?.hints
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
  const { knowledge, options } = request;
  const wants: Omit<Want, "index">[] = [];
  let filter = given;
  const { authors, kinds, search, "#h": groups } = given;
  if (given["#p"] && !authors && !kinds && search === undefined && !groups) {
    // A filter without kinds asks for gift wraps, too.
    const wraps = { ...given, kinds: [1059, 21_059] };
    for (const subject of new Set(given["#p"])) {
      const own = forGiftWraps(knowledge.get(subject)?.dm, request);
      const others: string[] = [];
      wants.push({ role: "dm", filter: wraps, key: "#p", subject, own, others, isImplied: true });
    }
  }
  const isWrap = (kind: number) => kind === 1059 || kind === 21_059;
  if (given["#p"] && given.kinds?.some(isWrap)) {
    const wraps = { ...given, kinds: given.kinds.filter(isWrap) };
    for (const subject of new Set(given["#p"])) {
      const own = forGiftWraps(knowledge.get(subject)?.dm, request);
      wants.push({ role: "dm", filter: wraps, key: "#p", subject, own, others: [] });
    }
    if (given.kinds.every(isWrap)) return wants;
    filter = { ...given, kinds: given.kinds.filter((kind) => !isWrap(kind)) };
  }

  const fallbacks = each(options.fallbackRelays, request);
  const searchers = each(options.searchRelays, request);
  const isSearch = filter.search !== undefined;
  const unscoped = {
    role: isSearch ? "search" : "unscoped",
    filter,
    own: isSearch && searchers.length > 0 ? searchers : fallbacks,
    others: [],
  } as const;
  if (filter["#h"]) {
    for (const subject of new Set(filter["#h"])) {
      const host = hostOf(subject, request);
      if (host === undefined) wants.push({ ...unscoped, key: "#h", subject });
      else {
        const own = usable([host], request);
        wants.push({ role: "group", filter, key: "#h", subject, own, others: [] });
      }
    }
    return wants;
  }
  const key = isSearch ? undefined : ["authors", "#p", "#P"].find((key) => filter[key as "#p"]);
  if (key === undefined) {
    wants.push(unscoped);
    for (const subject of isSearch ? [] : new Set(filter.ids)) {
      const own = hinted(knowledge.get(subjectKey("id", subject)), request);
      wants.push({ role: "id", filter, key: "ids", subject, own, others: [] });
    }
    const thread = ["#a", "#A", "#e", "#E", "#q"].find((key) => filter[key as "#e"]);
    if (isSearch || filter.ids || !thread) return wants;
    for (const subject of new Set(filter[thread as "#e"])) {
      const own = threadRelaysOf(subject, request);
      wants.push({ role: "thread", filter, key: thread, subject, own, others: [] });
    }
    return wants;
  }
  const role = key === "authors" ? "write" : "read";
  const parts = [
    { role: "private", kinds: filter.kinds?.filter((kind) => kind === 31_234) },
    { role: "index", kinds: filter.kinds?.filter(isReplaceableKind) },
  ] as const;
  for (const subject of new Set(filter[key as "#p"])) {
    if (!/^[0-9a-f]{64}$/.test(subject)) continue;
    const own = usable(knowledge.get(subject)?.[role], request);
    const hints = own.length > 0 ? [] : hinted(knowledge.get(subject), request);
    wants.push({ role, filter, key, subject, own, others: [...hints, ...fallbacks] });
    for (const { role, kinds = [] } of key === "authors" ? parts : []) {
      if (kinds.length === 0) continue;
      const relays = role === "index" ? options.indexerRelays : knowledge.get(subject)?.private;
      const own = usable(relays, request);
      wants.push({ role, filter: { ...filter, kinds }, key, subject, own, others: [] });
    }
  }
  return wants;
}

/** Whether a routed filter is the filter of a want, narrowed to some subjects if it may be. */
export function isPartOf(routed: NostrFilter, { filter, key = "" }: Want): boolean {
  const values: readonly string[] = routed[key as "#p"] ?? [];
  return isSame({ ...routed, [key]: 0 }, { ...filter, [key]: 0 }) &&
    values.every((value) => filter[key as "#p"]!.includes(value));
}

/** The relays that are asked for a want, by its own filter or by a wider one. */
export function relaysOf(want: Want, { routes }: ReqPlan, wants: readonly Want[]): string[] {
  const { index, key = "", subject } = want;
  const wider = wants.filter((other) =>
    other === want ||
    other.index === index && ((want.role === "id" || want.role === "thread") &&
          other.role === "unscoped" ||
        (want.role === "index" || want.role === "private") && other.role === "write" &&
          other.subject === subject)
  );
  return [...routes].filter(([, filters]) =>
    wider.some((other) =>
      filters.some((routed) =>
        isPartOf(routed, other) &&
        (subject === undefined || routed[key as "#p"]?.includes(subject))
      )
    )
  ).map(([url]) => url);
}
