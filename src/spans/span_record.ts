/**
 * What is known to be complete of one author: adds answers, reads spans, keeps to bounds. Pure.
 *
 * @module
 */

import { isEphemeralKind } from "nostr-tools/kinds";
import { GIFT_WRAP_KINDS, WRAP_OVERLAP_S } from "../nostr/kinds.ts";
import {
  atMost,
  expiryOf,
  intersected,
  isValid,
  joined,
  overlaid,
  type Span,
  type SpanProof,
  startOfDay,
} from "./span.ts";
import {
  formatSpans,
  isRelay,
  MAX_KIND,
  MAX_STORE,
  MAX_TEXT,
  parseSpans,
  relayName,
  type SpanList,
} from "./span_text.ts";

/** A relay's complete answer about one author. */
export interface AuthorRange {
  /** The relay, in normal form. */
  readonly relay: string;
  /** The kinds; absent: all. */
  readonly kinds?: readonly number[];
  /** The first second, in Unix seconds. */
  readonly since: number;
  /** The last second, in Unix seconds. */
  readonly until: number;
  readonly proof: SpanProof;
  /** When the relay was asked, in Unix seconds. */
  readonly at: number;
  /** The store that got all its events; absent: none. */
  readonly store?: number;
}

/** The text of an author of whom nothing is known. */
export const NO_SPANS = "";
/** Most spans of one relay, kind and store. */
export const MAX_SPANS = 4;
/** Most relays of one author. */
export const MAX_RELAYS = 8;
/** Most lists of one author at one relay: one for each kind and store. */
export const MAX_LISTS = 64;

/**
 * Adds an answer to an author's text. What counts no longer goes; if there is too much, what
 * counts shortest goes first.
 *
 * @param now The time, in Unix seconds.
 */
export function addRange(text: string, range: AuthorRange, now: number): string {
  const added = listsOf(range, now);
  return added.length === 0 ? text : bounded(withLists(countingLists(text, now), added));
}

/**
 * The same as {@link addRange} for many texts. Authors who are requested together often have the
 * same text, or at least the same lines: each is read and written once.
 */
export function rangeAdder(range: AuthorRange, now: number): (text: string) => string {
  const added = listsOf(range, now);
  const name = relayName(range.relay);
  const addedTo = remembered((line) => {
    const lists = withLists(countingLists(line, now), added);
    return lists.length > MAX_LISTS ? undefined : formatSpans(lists);
  });
  const counting = remembered((line) => {
    const lists = parseSpans(line);
    return lists && formatSpans(lists.flatMap((list) => countingOf(list, now)));
  });
  return remembered((text) => {
    if (added.length === 0) return text;
    const lines = text === NO_SPANS ? [] : text.split("\n");
    const isOwn = (line: string) => line.startsWith(`${name} `);
    const others = lines.filter((line) => !isOwn(line)).map(counting);
    const all = [addedTo(lines.find(isOwn) ?? NO_SPANS), ...others].filter((line) => line !== "");
    const whole = all.sort().join("\n");
    const isWithin = all.length <= MAX_RELAYS && whole.length <= MAX_TEXT;
    return isWithin && !all.includes(undefined) ? whole : addRange(text, range, now);
  });
}

/** A function of texts that is computed once for each. */
function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (!known.has(text)) known.set(text, compute(text));
    return known.get(text)!;
  };
}

/** The lists of a text that count, as far as they do; none if it cannot be read. */
function countingLists(text: string, now: number): SpanList[] {
  return (text === NO_SPANS ? [] : parseSpans(text) ?? []).flatMap((list) => countingOf(list, now));
}

function countingOf(list: SpanList, now: number): SpanList[] {
  const spans = list.spans.filter((span) => isValid(span, now));
  return spans.length > 0 ? [{ ...list, spans }] : [];
}

function withLists(before: readonly SpanList[], added: readonly SpanList[]): SpanList[] {
  const keyOf = ({ relay, kind, store }: SpanList) => `${relay} ${kind} ${store}`;
  const lists = new Map(before.map((list) => [keyOf(list), list]));
  for (const list of added) {
    const { spans = [] } = lists.get(keyOf(list)) ?? {};
    const all = overlaid([...spans, ...list.spans]);
    lists.set(keyOf(list), { ...list, spans: atMost(all, MAX_SPANS) });
  }
  return [...lists.values()];
}

/** The lists that an answer says something about, with one span each. */
function listsOf(range: AuthorRange, now: number): SpanList[] {
  const { relay, proof, store } = range;
  const at = Math.floor(Math.min(range.at, now));
  const since = Math.max(0, Math.ceil(range.since));
  if (!isRelay(relay) || !isStore(store)) return [];
  const storeOf = store === undefined ? {} : { store };
  // A relay may still get gift wraps that are dated before it was asked (NIP-59).
  const kinds = range.kinds?.filter(isKept) ?? [undefined, ...GIFT_WRAP_KINDS.filter(isKept)];
  return [...new Set(kinds)].flatMap((kind) => {
    const latest = isWrap(kind) ? at - WRAP_OVERLAP_S : at;
    const until = Math.floor(Math.min(range.until, latest));
    // Also of what is no number.
    if (!(since <= until)) return [];
    const span: Span = { since, until, proof, seenAt: startOfDay(at), ...storeOf };
    const kindOf = kind === undefined ? {} : { kind };
    return isValid(span, now) ? [{ relay, ...kindOf, ...storeOf, spans: [span] }] : [];
  });
}

function isStore(store: number | undefined): boolean {
  return store === undefined || Number.isInteger(store) && store > 0 && store <= MAX_STORE;
}

function isWrap(kind: number | undefined): boolean {
  return kind !== undefined && GIFT_WRAP_KINDS.includes(kind);
}

/** Relays keep no ephemeral events (NIP-01), so no answer says that there were none. */
function isKept(kind: number): boolean {
  return Number.isInteger(kind) && kind >= 0 && kind <= MAX_KIND && !isEphemeralKind(kind);
}

/** The text of the lists that fit the bounds: those that count longest, and reach latest. */
function bounded(lists: readonly SpanList[]): string {
  const listsAt = new Map<string, number>();
  let kept = [...lists].sort(byUse).filter(({ relay }) => {
    const count = listsAt.get(relay) ?? 0;
    if (count === MAX_LISTS || count === 0 && listsAt.size === MAX_RELAYS) return false;
    return listsAt.set(relay, count + 1);
  });
  let text = formatSpans(kept);
  while (text.length > MAX_TEXT) {
    kept = kept.slice(0, Math.floor(kept.length * 3 / 4));
    text = formatSpans(kept);
  }
  return text;
}

/** What is of more use first. */
function byUse(a: SpanList, b: SpanList): number {
  const expiry = ({ spans }: SpanList) => Math.max(...spans.map(expiryOf));
  return expiry(b) - expiry(a) || b.spans[0].until - a.spans[0].until ||
    (a.relay < b.relay ? -1 : a.relay > b.relay ? 1 : 0) ||
    (a.kind ?? -1) - (b.kind ?? -1) || (a.store ?? 0) - (b.store ?? 0);
}

/** What is asked of an author's text. */
export interface SpanQuestion {
  readonly relay: string;
  /** Absent: all kinds. */
  readonly kinds?: readonly number[];
  /** Only what this store holds. */
  readonly store?: number;
}

/**
 * From when to when a relay's answers were complete for all of some kinds: newest first, disjoint,
 * joined where they touch.
 *
 * @param now The time, in Unix seconds.
 */
export function spansIn(text: string, question: SpanQuestion, now: number): Span[] {
  const { relay, kinds = [undefined], store } = question;
  const lists = text === NO_SPANS ? [] : parseSpans(text, relay) ?? [];
  const ofKind = (kind: number | undefined) =>
    lists
      .filter((list) => list.kind === kind || list.kind === undefined && isPublic(kind))
      .filter((list) => store === undefined || list.store === store)
      .map(({ spans }) => spans);
  const valid = (lists: readonly (readonly Span[])[]) => {
    const spans = lists.flat().filter((span) => isValid(span, now));
    return lists.length === 1 ? spans : overlaid(spans);
  };
  const [first, ...others] = [...new Set(kinds)].map(ofKind);
  if (first === undefined) return [];
  // Kinds that were requested together have the same lists.
  return joined(
    others.filter((lists) => !isSame(lists, first)).map(valid).reduce(intersected, valid(first)),
  );
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Whether what is complete for all kinds is complete for this one. */
function isPublic(kind: number | undefined): boolean {
  return kind !== undefined && isKept(kind) && !isWrap(kind);
}

/** The relays of whose answers something counts, by URL. */
export function relaysIn(text: string, now: number): string[] {
  return [...new Set(validLists(text, now).map(({ relay }) => relay))].sort();
}

/** The kinds of which something counts, ascending; `undefined` where some of it is about all kinds. */
export function kindsIn(text: string, now: number): number[] | undefined {
  const lists = validLists(text, now);
  if (lists.some(({ kind }) => kind === undefined)) return undefined;
  return [...new Set(lists.map(({ kind = 0 }) => kind))].sort((a, b) => a - b);
}

function validLists(text: string, now: number): SpanList[] {
  const lists = text === NO_SPANS ? [] : parseSpans(text) ?? [];
  return lists.filter(({ spans }) => spans.some((span) => isValid(span, now)));
}

/** When the newest span was seen, in Unix seconds; 0 where there is none. */
export function lastSeen(text: string): number {
  const lists = parseSpans(text) ?? [];
  return Math.max(0, ...lists.flatMap(({ spans }) => spans.map(({ seenAt }) => seenAt)));
}
