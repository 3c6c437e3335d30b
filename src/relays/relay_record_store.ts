/**
 * Stores what is known of relays: records as text and back, whatever the text is.
 *
 * @module
 */

import { isObject, objectOf, parseJson } from "../base/parse_json.ts";
import { PersistentMap, type PersistentMapOptions } from "../base/persistent_map.ts";
import { ANSWER_PROOFS } from "../nostr/answer_proof.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { rebaseRelayRecord, relayChangedAt } from "./rebase_relay_record.ts";
import { cleanDays } from "./relay_days.ts";
import { cleanLimits } from "./relay_limits.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "./relay_record.ts";
import { PREFIXES } from "./relay_replies.ts";

/** The longest record that is read: usual ones have 300 to 1,000 characters, the fullest 2,600. */
const MAX_RECORD_CHARACTERS = 4_000;

/** Formats a record as JSON, without the values of {@link UNKNOWN_RELAY}. */
export function formatRelayRecord(record: RelayRecord): string {
  return JSON.stringify(record, (name, value) => {
    if (value === UNKNOWN_RELAY[name as keyof RelayRecord]) return undefined;
    if (name !== "" && isObject(value) && Object.keys(value).length === 0) return undefined;
    // Digits beyond a thousandth are of no use, and half of the text.
    return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
  });
}

/**
 * Reads a record. A value that is missing, of another type or out of its range counts as unknown;
 * other names are ignored.
 *
 * @returns `undefined` if the text is no JSON object, or far too long.
 */
export function parseRelayRecord(text: unknown): RelayRecord | undefined {
  if (typeof text !== "string" || text.length > MAX_RECORD_CHARACTERS) return undefined;
  const read = parseJson(text);
  if (!isObject(read)) return undefined;
  const record: Record<string, unknown> = { ...UNKNOWN_RELAY };
  for (const name of COUNT_NAMES) if (isCount(read[name])) record[name] = read[name];
  for (const name of ["connectMs", "eoseMs"]) {
    const { mean, dev } = objectOf(read[name]);
    if (isCount(mean) && isCount(dev)) record[name] = { mean, dev };
  }
  const proof = ANSWER_PROOFS.find((proof) => proof === read.lastProof);
  if (proof) record.lastProof = proof;
  const failures = objectOf(read.failures);
  const counted = FAILURE_NAMES.filter((failure) => isCount(failures[failure]));
  record.failures = Object.fromEntries(counted.map((failure) => [failure, failures[failure]]));
  record.limits = cleanLimits(objectOf(read.limits));
  const days = cleanDays(read.days);
  if (days.length > 0) record.days = days;
  // Weights are multiplied with it, so it must be neither 0 nor above 1.
  if (!(Number(record.reports) > 0 && Number(record.reports) <= 1)) record.reports = 1;
  return record as unknown as RelayRecord;
}

const COUNT_NAMES = Object.entries(UNKNOWN_RELAY)
  .filter(([, value]) => typeof value === "number").map(([name]) => name);

const FAILURE_NAMES = [
  "unreachable",
  "connect-timeout",
  "no-answer",
  "no-ok",
  "disconnected",
  "flood",
  "junk",
  "closed",
  ...PREFIXES,
] as const satisfies RelayFailure[];

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Creates the map of records by URL, kept in `backend` if there is one. */
export function relayRecords(
  options: Pick<PersistentMapOptions<RelayRecord>, "clock" | "backend" | "onError" | "max">,
): PersistentMap<RelayRecord> {
  return new PersistentMap({
    ...options,
    topic: "relay",
    name: "relays",
    isKey: isRelayUrl,
    parse: parseRelayRecord,
    format: formatRelayRecord,
    changedAt: relayChangedAt,
    rebase: rebaseRelayRecord,
  });
}

/** Whether a key may be a normalized URL: none is longer, and none has other characters. */
function isRelayUrl(url: unknown): url is string {
  return typeof url === "string" && url.length <= 256 && /^wss?:\/\/[!-~]+$/.test(url);
}
