/**
 * The hints about one subject as one text, which takes a fraction of the memory of objects,
 * and which a database keeps as it is.
 *
 * @module
 */

import { parseJson } from "../base/parse_json.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { HintSource, RelayHint } from "../nostr/relay_knowledge.ts";
import type { Hint } from "./hint.ts";
import {
  DAY_S,
  heaviestSource,
  type HintMarks,
  hintWeight,
  isMoreTrusted,
  isVouchedFor,
  TRUST,
} from "./hint_weight.ts";

/** The text for no hints. */
export const NO_HINTS = "";
/** Most characters of a record for each relay that it may hold; a usual relay takes half. */
const MAX_LENGTH_PER_RELAY = 125;
/** Most characters of a URL in normal form. */
const MAX_URL_LENGTH = 256;

/** A relay, and when each source last named it. */
type MarkedRelay = readonly [url: string, marks: HintMarks];

/**
 * What a text holds: relays; for an event also its author, the source that named them, and when
 * one did that named no relay.
 */
type HintRecord = readonly [
  relays: readonly MarkedRelay[],
  author?: string,
  by?: HintSource,
  at?: number,
];

/** Whether a value is one of the sources. */
export function isHintSource(value: unknown): value is HintSource {
  return typeof value === "string" && Object.hasOwn(TRUST, value);
}

/**
 * Adds a hint.
 *
 * If that makes more than `perSubject` relays, or too long a text, the lightest relay goes,
 * and of equals the new one. A relay that a more trusted source vouches for stays.
 *
 * @param hint `url`, if given, must be in normal form; `author`, if given, a pubkey.
 * @param seen When the hint was read, in Unix seconds; not after `now`.
 * @param now In Unix seconds.
 * @param perSubject Most relays; an integer of at least 1.
 * @returns The same text, if the hint is not new and less than a day fresher.
 */
export function addHint(
  text: string,
  { url, source, author }: Omit<Hint, "subject">,
  { seen, now, perSubject }: { seen: number; now: number; perSubject: number },
): string {
  const [relays, knownAuthor, namedBy, namedAt] = read(text);
  const isNewAuthor = author !== undefined &&
    (namedBy === undefined || isMoreTrusted(source, namedBy));
  if (url === undefined) {
    return isNewAuthor ? JSON.stringify([relays, author, source, seen]) : text;
  }
  const marks = relays.find((relay) => relay[0] === url)?.[1];
  if (!isNewAuthor && !isNewOrFresher(marks?.[source], seen, now)) return text;
  const latest = Math.max(seen, plausible(marks?.[source], now));
  const added: MarkedRelay = [url, { ...marks, [source]: latest }];
  const rest: readonly unknown[] = isNewAuthor
    ? [author, source]
    : knownAuthor === undefined
    ? []
    : namedAt === undefined
    ? [knownAuthor, namedBy]
    : [knownAuthor, namedBy, namedAt];
  let next = [...relays.filter((relay) => relay[0] !== url), added];
  for (;;) {
    const written = JSON.stringify([next, ...rest]);
    if (next.length <= perSubject && written.length <= perSubject * MAX_LENGTH_PER_RELAY) {
      return written;
    }
    const evicted = nextToEvict(next, added, source, now);
    if (evicted === added) return text;
    next = next.filter((relay) => relay !== evicted);
  }
}

/**
 * Notes that a relay was found to have nothing of the subject, while another had something.
 *
 * @returns The same text, if no hint names the relay, or it was noted less than a day before.
 */
export function missHint(text: string, url: string, now: number): string {
  const [relays, ...rest] = read(text);
  const marks = relays.find((relay) => relay[0] === url)?.[1];
  if (marks === undefined || !isNewOrFresher(marks.missed, now, now)) return text;
  const changed = relays.map((relay): MarkedRelay =>
    relay[0] === url ? [url, { ...marks, missed: now }] : relay
  );
  return JSON.stringify([changed, ...rest]);
}

/**
 * The relays in a text, the best first; of equals the smaller URL.
 *
 * @param now In Unix seconds.
 */
export function relayHints(text: string, now: number): RelayHint[] {
  return read(text)[0]
    .map(([url, marks]) => ({
      url,
      weight: hintWeight(marks, now),
      source: heaviestSource(marks, now),
    }))
    .sort((a, b) => b.weight - a.weight || (a.url < b.url ? -1 : 1));
}

/** The author of the event, if the subject is an event and a hint names its author. */
export function hintedAuthor(text: string): string | undefined {
  return read(text)[1];
}

/**
 * Cleans a text from a database: leaves out what cannot be read.
 *
 * @returns `undefined` if nothing is left, or the text is far too long.
 */
export function cleanHints(text: unknown, perSubject: number): string | undefined {
  if (typeof text !== "string" || text.length > perSubject * MAX_LENGTH_PER_RELAY) return undefined;
  const [relays, author, namedBy, namedAt] = arrayOf(parseJson(text));
  const clean = arrayOf(relays).flatMap((relay) => cleanRelay(arrayOf(relay)));
  const unique = [...new Map(clean)].slice(-perSubject);
  const isNamed = isPubkey(author) && isHintSource(namedBy);
  if (isNamed && isTime(namedAt)) return JSON.stringify([unique, author, namedBy, namedAt]);
  if (clean.length === 0) return undefined;
  return JSON.stringify(isNamed ? [unique, author, namedBy] : [unique]);
}

/** When the latest hint was read, in Unix seconds, of all relays and sources. */
export function lastSeen(text: string): number {
  const [relays, , , namedAt = 0] = read(text);
  return Math.max(namedAt, ...relays.flatMap(([, marks]) => Object.values(marks)));
}

function read(text: string): HintRecord {
  return text === NO_HINTS ? [[]] : JSON.parse(text);
}

/** The time of a mark; 0 if it is missing, or so late that a clock was wrong. */
function plausible(mark: number | undefined, now: number): number {
  return mark === undefined || mark > now + DAY_S ? 0 : mark;
}

function isNewOrFresher(mark: number | undefined, seen: number, now: number): boolean {
  return mark === undefined || seen >= plausible(mark, now) + DAY_S;
}

/** The lightest relay that may go; of equals the one that was added, then the larger URL. */
function nextToEvict(
  relays: readonly MarkedRelay[],
  added: MarkedRelay,
  source: HintSource,
  now: number,
): MarkedRelay {
  let evicted = added;
  let least = hintWeight(added[1], now);
  for (const relay of relays) {
    if (relay === added || isVouchedFor(relay[1], source, now)) continue;
    const weight = hintWeight(relay[1], now);
    if (weight > least || weight === least && (evicted === added || relay[0] < evicted[0])) {
      continue;
    }
    [evicted, least] = [relay, weight];
  }
  return evicted;
}

function cleanRelay([url, marks]: readonly unknown[]): MarkedRelay[] {
  if (typeof url !== "string" || url === "" || url.length > MAX_URL_LENGTH) return [];
  if (typeof marks !== "object" || marks === null) return [];
  const clean = Object.entries(marks).filter(([source, seen]) =>
    (isHintSource(source) || source === "missed") && isTime(seen)
  );
  const isNamed = clean.some(([source]) => source !== "missed");
  return isNamed ? [[url, Object.fromEntries(clean)]] : [];
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
