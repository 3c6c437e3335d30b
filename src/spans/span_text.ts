/**
 * The spans of one author as a short text. Pure.
 *
 * A line for each relay: its URL (without `wss://`), and groups of kinds with equal spans, as in
 * `relay.example/ 1,6:s44we8.1uo0Ff6z,.1uo0If6x 3@2:s44we8.rsfcvkF`. `*` stands for all kinds,
 * `@2` for a store. Each span has its distance from the one before, its length, the first letter of
 * its proof, and the day when it was seen; numbers are in base 36.
 *
 * @module
 */

import { ANY_RELAY, rememberedCheck } from "../nostr/relay_url.ts";
import { DAY_S, MAX_LIFETIME_DAYS, type Span, type SpanProof } from "./span.ts";

/** What one relay's answers say about one kind of an author's events. */
export interface SpanList {
  readonly relay: string;
  /** Absent: all kinds but gift wraps. */
  readonly kind?: number;
  /** The store that holds the events of all these spans; absent: none. */
  readonly store?: number;
  /** Newest first, disjoint, at least one. */
  readonly spans: readonly Span[];
}

/** The largest kind (NIP-01). */
export const MAX_KIND = 65_535;
/** The largest number of a store. */
export const MAX_STORE = 9_999;
/** Most characters of a text. */
export const MAX_TEXT = 4_096;

const checked = rememberedCheck(ANY_RELAY);

/** Whether a text is the URL of a relay in normal form. */
export function isRelay(url: string): boolean {
  return checked(url).url === url;
}

/** Writes lists, each of another relay, kind and store. Their order changes nothing. */
export function formatSpans(lists: readonly SpanList[]): string {
  const groups = new Map<string, Map<string, (number | undefined)[]>>();
  for (const { relay, kind, store, spans } of lists) {
    const name = relayName(relay);
    const ofRelay = groups.get(name) ?? new Map<string, (number | undefined)[]>();
    groups.set(name, ofRelay);
    const ending = `${store === undefined ? "" : `@${store}`}:${formatList(spans)}`;
    ofRelay.set(ending, [...ofRelay.get(ending) ?? [], kind]);
  }
  const lines = [...groups].map(([name, ofRelay]) => {
    const texts = [...ofRelay].map(([ending, kinds]) => formatKinds(kinds) + ending);
    return `${name} ${texts.sort().join(" ")}`;
  });
  return lines.sort().join("\n");
}

/** The first word of a relay's line. */
export function relayName(relay: string): string {
  return relay.replace(/^wss:\/\//, "");
}

function formatKinds(kinds: readonly (number | undefined)[]): string {
  return kinds.map((kind) => kind ?? -1).sort((a, b) => a - b)
    .map((kind) => kind < 0 ? "*" : kind).join(",");
}

function formatList(spans: readonly Span[]): string {
  let next = 0;
  return spans.map(({ since, until, proof, seenAt }, i) => {
    const distance = i === 0 ? until : next - until - 1;
    next = since;
    const day = (seenAt / DAY_S).toString(36);
    const before = distance === 0 ? "" : distance.toString(36);
    return `${before}.${(until - since).toString(36)}${proof[0].toUpperCase()}${day}`;
  }).join(",");
}

/**
 * Reads what {@link formatSpans} wrote.
 *
 * @param relay Reads what is about this relay alone. @default all relays
 * @returns `undefined` for any other text.
 */
export function parseSpans(text: string, relay?: string): SpanList[] | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const lists: SpanList[] = [];
  for (const line of text.split("\n")) {
    const [name, ...groups] = line.split(" ");
    const url = name.includes("://") ? name : `wss://${name}`;
    if (relay !== undefined && url !== relay) continue;
    if (!isRelay(url) || groups.length === 0) return undefined;
    for (const group of groups) {
      const read = parseGroup(url, group);
      if (read === undefined) return undefined;
      lists.push(...read);
    }
  }
  const names = lists.map(({ relay, kind, store }) => `${relay} ${kind} ${store}`);
  return new Set(names).size === names.length ? lists : undefined;
}

function parseGroup(relay: string, group: string): SpanList[] | undefined {
  const [, kindTexts, storeText, listText] =
    /^((?:\*|\d{1,5})(?:,\d{1,5})*)(?:@([1-9]\d{0,3}))?:([^:]+)$/.exec(group) ?? [];
  if (kindTexts === undefined) return undefined;
  const store = storeText === undefined ? {} : { store: Number(storeText) };
  const spans = parseList(listText, store);
  const kinds = kindTexts.split(",").map((kind) => kind === "*" ? {} : { kind: Number(kind) });
  if (spans === undefined || kinds.some(({ kind = 0 }) => kind > MAX_KIND)) return undefined;
  return kinds.map((kind) => ({ relay, ...kind, ...store, spans }));
}

function parseList(text: string, store: Pick<Span, "store">): Span[] | undefined {
  const spans: Span[] = [];
  for (const item of text.split(",")) {
    const [, distance, length, letter, day] =
      /^([0-9a-z]{0,8})\.([0-9a-z]{1,8})([FDI])([0-9a-z]{1,5})$/.exec(item) ?? [];
    if (letter === undefined) return undefined;
    const seenAt = parseInt(day, 36) * DAY_S;
    const gap = parseInt(distance || "0", 36);
    const last = spans.at(-1);
    const until = last === undefined ? gap : last.since - 1 - gap;
    const since = until - parseInt(length, 36);
    // No answer says anything about a time after it was given. Where spans were joined, that is the
    // time of the newest, and both counted then.
    if (since < 0 || until >= seenAt + (MAX_LIFETIME_DAYS + 1) * DAY_S) return undefined;
    spans.push({ since, until, proof: PROOFS[letter], seenAt, ...store });
  }
  return spans;
}

const PROOFS: Readonly<Record<string, SpanProof>> = {
  F: "finish",
  D: "drained",
  I: "inferred",
};
