/**
 * What a relay says in CLOSED, OK false and NOTICE, read for what it means.
 *
 * NIP-01 defines no more than prefixes; the rest are texts that relays in use
 * send. A relay may say anything, so a number it names is believed only where it
 * is plausible.
 *
 * @module
 */

import type { RelayFailure, RelayLimits } from "../nostr/types.ts";
import { MAX_NAMED_WAIT_MS } from "./backoff.ts";

/** What the relay was sent, where its words are about that. */
export interface SentReq {
  /** Filters in the REQ. */
  readonly filters?: number;
  /** Subscriptions open on the connection, this one included. */
  readonly subscriptions?: number;
  /** The length of the message in bytes. */
  readonly bytes?: number;
}

/** Limits, with one more that relays tell of. */
export interface ReportedLimits extends RelayLimits {
  /** Largest `limit` of a filter that is not refused. */
  readonly maxLimit?: number;
}

/** The prefixes of NIP-01 and NIP-42. */
export const PREFIXES = [
  "auth-required",
  "restricted",
  "rate-limited",
  "blocked",
  "invalid",
  "pow",
  "mute",
  "unsupported",
  "duplicate",
  "error",
] as const satisfies RelayFailure[];

/**
 * What kind of failure a CLOSED or an OK false tells of.
 *
 * That is the prefix before the colon, in any case. Behind `error:` a second one
 * counts: strfry sends `ERROR: auth-required: …`, and `ERROR: bad
 * req: …` for what it does not accept. Where there is none, words that can mean
 * but one thing count. What is left is `closed`.
 */
export function failureOf(reason: string): RelayFailure {
  const text = textOf(reason);
  const [first, second = ""] = text.split(":", 2);
  const prefix = prefixOf(first);
  if (prefix && prefix !== "error") return prefix;
  const inner = prefix && prefixOf(second);
  if (inner && inner !== "error") return inner;
  if (/\brate.?limit|\btoo fast\b|\bslow down\b/.test(text)) return "rate-limited";
  if (/\bauth(?:entication)?.(?:is )?required\b/.test(text)) return "auth-required";
  if (/\bbad (?:req|msg)\b/.test(text)) return "invalid";
  return prefix ?? "closed";
}

/**
 * What a NOTICE means that turns a request down. Many relays send no CLOSED, and
 * nothing else will come; which request it is about, they do not say.
 *
 * @returns `undefined` if it does not sound like a refusal.
 */
export function refusalOf(notice: string): RelayFailure | undefined {
  const failure = failureOf(notice);
  if (failure !== "closed" && failure !== "error") return failure;
  const isRefusal = LIMIT_RULES.some(({ words }) => words.test(textOf(notice))) ||
    /\bsubscription (?:rejected|error)\b|\bcould not parse\b/.test(textOf(notice));
  return isRefusal ? "invalid" : undefined;
}

/** A limit, the words that tell of it, and which numbers are believed. */
interface Rule {
  readonly limit: "maxFilters" | "maxSubscriptions" | "maxMessageLength" | "maxLimit";
  readonly sent?: keyof SentReq;
  readonly words: RegExp;
  readonly least: number;
  readonly most: number;
}

/** The first that fits counts: a "filter limit" is no number of filters. */
const LIMIT_RULES: readonly Rule[] = [
  {
    limit: "maxLimit",
    words: /\blimit (?:is )?too (?:high|large|big)\b|\bmax[_ -]limit\b/,
    least: 1,
    most: 1_000_000,
  },
  {
    limit: "maxFilters",
    sent: "filters",
    words:
      /\btoo many (?:subscription )?filters\b|\bnumber of filters\b|\bmax(?:imum)?[_ -]filters\b|\bmore than \d+ filters\b|\bbad req: arr too big\b/,
    least: 1,
    most: 10_000,
  },
  {
    limit: "maxSubscriptions",
    sent: "subscriptions",
    words:
      /\btoo many (?:\w+ )?(?:subscriptions|subs|reqs)\b|\bconcurrent (?:sub|req)|\bnumber of subscriptions\b|\bmax(?:imum)?[_ -]subscriptions\b|\bmore than \d+ subscriptions\b/,
    least: 1,
    most: 100_000,
  },
  {
    limit: "maxMessageLength",
    sent: "bytes",
    words:
      /\b(?:message|payload|frame) (?:is |size )?(?:too (?:large|long|big)|exceed|reached)|\bmax(?:imum)?[_ -](?:message|payload|frame)[_ -](?:length|size)\b/,
    least: 512,
    most: 100_000_000,
  },
];

/**
 * The limit that a CLOSED or a NOTICE tells of; `{}` if it tells of none.
 *
 * A number in the text is the new limit where it is plausible and less than what
 * was sent. Otherwise that is half of what was sent, at least 1; a relay that
 * still refuses says so again.
 *
 * @param words What the relay said.
 * @param sent What it was sent. Where that is not known, only a number counts.
 */
export function limitsFrom(words: string, sent: SentReq = {}): ReportedLimits {
  // This one names how many there were.
  const text = textOf(words).replace(/\b(invalid number of filters): \d+/, "$1");
  const rule = LIMIT_RULES.find((rule) => rule.words.test(text));
  if (!rule) return {};
  const had = rule.sent && sent[rule.sent];
  const told = numbersIn(text).filter((value) => value >= rule.least && value <= rule.most);
  if (had === undefined) {
    // "message too large (200000 > 131072)": of two numbers the smaller is the limit.
    return told.length === 0 ? {} : { [rule.limit]: Math.min(...told) };
  }
  const below = told.filter((value) => value < had);
  const limit = below.length === 0 ? Math.floor(had / 2) : Math.max(...below);
  return { [rule.limit]: Math.max(rule.least, limit) };
}

const UNIT_BYTES: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 };

/** Numbers that stand alone or before a unit of bytes, not those inside ids. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.-])(\d{1,12})(?: ?([km])i?b)?(?![\w-]|\.\d)/g)]
    .map(([, digits, unit = ""]) => Number(digits) * (UNIT_BYTES[unit] ?? 1));
}

const WAIT_PATTERN =
  /\b(?:retry|again|wait|back ?off)\b[^\d]{0,24}?(\d{1,9}(?:\.\d{1,3})?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)?\b/;

/** A longer time is a date, or nonsense. */
const MAX_PLAUSIBLE_WAIT_MS = 86_400_000;

/**
 * For how long the relay wants to be left alone, in milliseconds, from 1 to an
 * hour; `undefined` if it does not say, or nothing plausible. Numbers without a
 * unit are seconds, as in HTTP.
 */
export function retryAfter(words: string): number | undefined {
  const [, digits, unit = "s"] = WAIT_PATTERN.exec(textOf(words).replaceAll("_", " ")) ?? [];
  if (digits === undefined) return undefined;
  const ms = Number(digits) * millisecondsOf(unit);
  if (ms < 1 || ms > MAX_PLAUSIBLE_WAIT_MS) return undefined;
  return Math.min(Math.ceil(ms), MAX_NAMED_WAIT_MS);
}

function millisecondsOf(unit: string): number {
  if (unit.startsWith("ms") || unit.startsWith("milli")) return 1;
  return { s: 1000, m: 60_000, h: 3_600_000 }[unit[0]]!;
}

/** Lower case, and no more than a sentence or two: a text may be as long as a message. */
function textOf(words: unknown): string {
  return typeof words === "string" ? words.slice(0, 1000).toLowerCase().trim() : "";
}

function prefixOf(text: string): (typeof PREFIXES)[number] | undefined {
  return PREFIXES.find((known) => known === text.trim());
}
