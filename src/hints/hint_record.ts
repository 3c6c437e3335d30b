/**
 * The hints about one person, event or group, as one text: a fraction of the memory that
 * objects take, and what a database keeps.
 *
 * @module
 */

import { parseJson } from "../base/parse_json.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { HintSource, RelayHint } from "../nostr/types.ts";
import type { Hint } from "./hint.ts";
import {
  DAY,
  heaviestSource,
  type HintMarks,
  hintWeight,
  isMoreTrusted,
  isVouchedFor,
  TRUST,
} from "./hint_weight.ts";

/** The text of no hints. */
export const NO_HINTS = "";
/** Most characters a relay's share of a record may have; what is usual takes half. */
const CHARACTERS = 125;
/** Longest normal form of a URL. */
const LONGEST_URL = 256;

/** A relay, and who named it when. */
type Named = readonly [url: string, marks: HintMarks];

/** What stands in a text: relays, and who wrote the event that it is about, by whose word. */
type HintRecord = readonly [relays: readonly Named[], author?: string, by?: HintSource];

/** Whether a value is one of the sources. */
export function isHintSource(value: unknown): value is HintSource {
  return typeof value === "string" && Object.hasOwn(TRUST, value);
}

/**
 * Adds a hint.
 *
 * A relay more than `perKey`, or a text that would be too long, costs the lightest relay
 * its place, or of equals the new one its; nobody's that a more trusted source than the
 * hint's vouches for.
 *
 * @param hint With `url` in normal form; `author`, where it is given, a pubkey.
 * @param seen When it was seen, in Unix seconds; not after `now`.
 * @param now In Unix seconds.
 * @param perKey Most relays; an integer >= 1.
 * @returns The same text, if that says nothing new and is less than a day fresher.
 */
export function addHint(
  text: string,
  { url, source, author }: Omit<Hint, "subject">,
  { seen, now, perKey }: { seen: number; now: number; perKey: number },
): string {
  const [relays, knownAuthor, by] = read(text);
  const marks = relays.find((relay) => relay[0] === url)?.[1];
  const isNewAuthor = author !== undefined && (by === undefined || isMoreTrusted(source, by));
  if (!isNewAuthor && !isNews(marks?.[source], seen, now)) return text;
  const latest = Math.max(seen, recent(marks?.[source], now));
  const added: Named = [url, { ...marks, [source]: latest }];
  const rest: readonly unknown[] = isNewAuthor
    ? [author, source]
    : knownAuthor === undefined
    ? []
    : [knownAuthor, by];
  let next = [...relays.filter((relay) => relay[0] !== url), added];
  for (;;) {
    const written = JSON.stringify([next, ...rest]);
    if (next.length <= perKey && written.length <= perKey * CHARACTERS) return written;
    const gone = nextToGo(next, added, source, now);
    if (gone === added) return text;
    next = next.filter((relay) => relay !== gone);
  }
}

/**
 * The relays, the best first; of equals the smaller URL.
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

/** Who wrote the event that it is about. */
export function hintedAuthor(text: string): string | undefined {
  return read(text)[1];
}

/**
 * A text as it was kept, without what cannot be read.
 *
 * @returns `undefined` if that leaves nothing, or it is far too long.
 */
export function cleanHints(text: unknown, perKey: number): string | undefined {
  if (typeof text !== "string" || text.length > perKey * CHARACTERS) return undefined;
  const [relays, author, by] = arrayOf(parseJson(text));
  const clean = arrayOf(relays).flatMap((relay) => cleanRelay(arrayOf(relay)));
  if (clean.length === 0) return undefined;
  const once = [...new Map(clean)].slice(-perKey);
  return JSON.stringify(isPubkey(author) && isHintSource(by) ? [once, author, by] : [once]);
}

/** When a hint was last seen in Unix seconds, the latest of all relays and sources. */
export function lastSeen(text: string): number {
  return Math.max(...read(text)[0].flatMap(([, marks]) => Object.values(marks)));
}

function read(text: string): HintRecord {
  return text === NO_HINTS ? [[]] : JSON.parse(text);
}

/** What a mark counts as: none that a clock was wrong for. */
function recent(mark: number | undefined, now: number): number {
  return mark === undefined || mark > now + DAY ? 0 : mark;
}

function isNews(mark: number | undefined, seen: number, now: number): boolean {
  return mark === undefined || seen >= recent(mark, now) + DAY;
}

/** The lightest that may go; of equals the one that was added, then the larger URL. */
function nextToGo(relays: readonly Named[], added: Named, source: HintSource, now: number): Named {
  let gone = added;
  let least = hintWeight(added[1], now);
  for (const relay of relays) {
    if (relay === added || isVouchedFor(relay[1], source, now)) continue;
    const weight = hintWeight(relay[1], now);
    if (weight > least || weight === least && (gone === added || relay[0] < gone[0])) continue;
    [gone, least] = [relay, weight];
  }
  return gone;
}

function cleanRelay([url, marks]: readonly unknown[]): Named[] {
  if (typeof url !== "string" || url === "" || url.length > LONGEST_URL) return [];
  if (typeof marks !== "object" || marks === null) return [];
  const clean = Object.entries(marks).filter(([source, seen]) =>
    isHintSource(source) && Number.isSafeInteger(seen) && seen >= 0
  );
  return clean.length > 0 ? [[url, Object.fromEntries(clean)]] : [];
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
