/**
 * Reads the texts of CLOSED, OK false and NOTICE for what they mean. Pure.
 *
 * NIP-01 defines only prefixes; the rest are texts that relays in use send. A relay may send
 * anything, so a number in a text is believed only if it is plausible.
 *
 * @module
 */

import type { RelayFailure, RelayLimits } from "../nostr/relay_failure.ts";
import { MAX_NAMED_WAIT_MS } from "./backoff.ts";

/** What the relay was sent, if its text may be about that. */
export interface SentReq {
  /** Filters in the REQ. */
  readonly filters?: number;
  /** Subscriptions open on the connection when it was sent, itself included. */
  readonly subscriptions?: number;
  /** The length of the message, in bytes. */
  readonly bytes?: number;
}

/** Limits, with one more that relays report. */
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
 * Reads which failure the text of a CLOSED or an OK false means.
 *
 * That is the prefix before the colon, in upper or lower case. After `error:` a second prefix
 * counts: strfry sends `ERROR: auth-required: …`, and `ERROR: bad req: …` for what it does not
 * accept. Without a prefix, unmistakable words count. Everything else is `closed`.
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
 * Reads which failure a NOTICE means that refuses a request. Many relays send no CLOSED, and
 * nothing but a NOTICE, which does not say which request it is about.
 *
 * @returns `undefined` if the text does not sound like a refusal.
 */
export function refusalOf(notice: string): RelayFailure | undefined {
  const failure = failureOf(notice);
  if (failure !== "closed" && failure !== "error") return failure;
  const isRefusal = LIMIT_RULES.some(({ pattern }) => pattern.test(textOf(notice))) ||
    /\bsubscription (?:rejected|error)\b|\bcould not parse\b/.test(textOf(notice));
  return isRefusal ? "invalid" : undefined;
}

/** A limit, the pattern of texts about it, and the numbers that are believed. */
interface Rule {
  readonly limit: "maxFilters" | "maxSubscriptions" | "maxMessageLength" | "maxLimit";
  readonly sent?: keyof SentReq;
  readonly pattern: RegExp;
  readonly least: number;
  readonly most: number;
}

/** The first that matches counts: a "filter limit" is not a number of filters. */
const LIMIT_RULES: readonly Rule[] = [
  {
    limit: "maxLimit",
    pattern: /\blimit (?:is )?too (?:high|large|big)\b|\bmax[_ -]limit\b/,
    least: 1,
    most: 1_000_000,
  },
  {
    limit: "maxFilters",
    sent: "filters",
    pattern:
      /\btoo many (?:subscription )?filters\b|\bnumber of filters\b|\bmax(?:imum)?[_ -]filters\b|\bmore than \d+ filters\b|\bbad req: arr too big\b/,
    least: 1,
    most: 10_000,
  },
  {
    limit: "maxSubscriptions",
    sent: "subscriptions",
    pattern:
      /\btoo many (?:\w+ )?(?:subscriptions|subs|reqs)\b|\bconcurrent (?:sub|req)|\bnumber of subscriptions\b|\bmax(?:imum)?[_ -]subscriptions\b|\bmore than \d+ subscriptions\b/,
    least: 1,
    most: 100_000,
  },
  {
    limit: "maxMessageLength",
    sent: "bytes",
    pattern:
      /\b(?:message|payload|frame) (?:is |size )?(?:too (?:large|long|big)|exceed|reached)|\bmax(?:imum)?[_ -](?:message|payload|frame)[_ -](?:length|size)\b/,
    least: 512,
    most: 100_000_000,
  },
];

/**
 * Reads the limit in the text of a CLOSED or a NOTICE; `{}` if there is none.
 *
 * A number in the text is the new limit if it is plausible and less than what was sent. Otherwise
 * the limit is half of what was sent, or one subscription less than were open, and at least 1; a
 * relay that still refuses says so again.
 *
 * @param reasonText What the relay sent.
 * @param sent What the relay was sent. If that is not known, only a number counts.
 */
export function limitsFrom(reasonText: string, sent: SentReq = {}): ReportedLimits {
  // This text has the number that was sent, not the limit.
  const text = textOf(reasonText).replace(/\b(invalid number of filters): \d+/, "$1");
  const rule = LIMIT_RULES.find((rule) => rule.pattern.test(text));
  if (!rule) return {};
  const sentCount = rule.sent && sent[rule.sent];
  const plausible = numbersIn(text).filter((value) => value >= rule.least && value <= rule.most);
  if (sentCount === undefined) {
    // "message too large (200000 > 131072)": of two numbers the smaller is the limit.
    return plausible.length === 0 ? {} : { [rule.limit]: Math.min(...plausible) };
  }
  const below = plausible.filter((value) => value < sentCount);
  // A relay refuses each subscription too many, and keeps the others.
  const less = rule.limit === "maxSubscriptions" ? sentCount - 1 : Math.floor(sentCount / 2);
  const limit = below.length === 0 ? less : Math.max(...below);
  return { [rule.limit]: Math.max(rule.least, limit) };
}

const UNIT_BYTES: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 };

/** Reads numbers that stand alone or before a unit of bytes, not those inside ids. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.-])(\d{1,12})(?: ?([km])i?b)?(?![\w-]|\.\d)/g)]
    .map(([, digits, unit = ""]) => Number(digits) * (UNIT_BYTES[unit] ?? 1));
}

const WAIT_PATTERN =
  /\b(?:retry|again|wait|back ?off)\b[^\d]{0,24}?(\d{1,9}(?:\.\d{1,3})?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)?\b/;

/** A longer time is a date, or nonsense. */
const MAX_PLAUSIBLE_WAIT_MS = 86_400_000;

/**
 * Reads for how long the relay wants to be left alone, in milliseconds, from 1 to an hour;
 * `undefined` if the text does not say, or says nothing plausible. Numbers without a unit are
 * seconds, as in HTTP.
 */
export function retryAfter(reasonText: string): number | undefined {
  const [, digits, unit = "s"] = WAIT_PATTERN.exec(textOf(reasonText).replaceAll("_", " ")) ?? [];
  if (digits === undefined) return undefined;
  const ms = Number(digits) * millisecondsOf(unit);
  if (ms < 1 || ms > MAX_PLAUSIBLE_WAIT_MS) return undefined;
  return Math.min(Math.ceil(ms), MAX_NAMED_WAIT_MS);
}

function millisecondsOf(unit: string): number {
  if (unit.startsWith("ms") || unit.startsWith("milli")) return 1;
  return { s: 1000, m: 60_000, h: 3_600_000 }[unit[0]]!;
}

/** Lower case, and at most 1,000 characters: a text may be as long as a message. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 1000).toLowerCase().trim() : "";
}

function prefixOf(text: string): (typeof PREFIXES)[number] | undefined {
  return PREFIXES.find((known) => known === text.trim());
}
