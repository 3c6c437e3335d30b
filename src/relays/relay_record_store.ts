/**
 * Records of relays as text, and back, whatever the text is.
 *
 * @module
 */

import { isObject, objectOf, parseJson } from "../base/parse_json.ts";
import { PersistentMap, type PersistentMapOptions } from "../base/persistent_map.ts";
import type { RelayFailure } from "../nostr/types.ts";
import { cleanLimits } from "./relay_limits.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "./relay_record.ts";
import { PREFIXES } from "./relay_replies.ts";

/** Most characters that are read: a record has 300, one with all there is a thousand. */
const MOST_CHARACTERS = 4_000;

/** A record as text: JSON without what is as in {@link UNKNOWN_RELAY}. */
export function formatRelayRecord(record: RelayRecord): string {
  return JSON.stringify(record, (name, value) => {
    if (value === UNKNOWN_RELAY[name as keyof RelayRecord]) return undefined;
    if (name !== "" && isObject(value) && Object.keys(value).length === 0) return undefined;
    // A thousandth of a millisecond or of an event is of no use, and half of the text.
    return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
  });
}

/**
 * Reads a record: what is missing in it, of another type or out of its range is not
 * known, and what has another name is not looked at.
 *
 * @returns `undefined` if the text is no JSON object, or far too long.
 */
export function parseRelayRecord(text: unknown): RelayRecord | undefined {
  if (typeof text !== "string" || text.length > MOST_CHARACTERS) return undefined;
  const read = parseJson(text);
  if (!isObject(read)) return undefined;
  const record: Record<string, unknown> = { ...UNKNOWN_RELAY };
  for (const name of COUNTS) if (isCount(read[name])) record[name] = read[name];
  for (const name of ["connectMs", "eoseMs"]) {
    const { mean, dev } = objectOf(read[name]);
    if (isCount(mean) && isCount(dev)) record[name] = { mean, dev };
  }
  const failures = objectOf(read.failures);
  const known = FAILURES.filter((failure) => isCount(failures[failure]));
  record.failures = Object.fromEntries(known.map((failure) => [failure, failures[failure]]));
  record.limits = cleanLimits(objectOf(read.limits));
  // Multiplied with, so it must not be 0, nor make a relay better than any.
  if (!(Number(record.reports) > 0 && Number(record.reports) <= 1)) record.reports = 1;
  return record as unknown as RelayRecord;
}

const COUNTS = Object.entries(UNKNOWN_RELAY)
  .filter(([, value]) => typeof value === "number").map(([name]) => name);

const FAILURES = [
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

/** Keeps what is known of relays. */
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
    changedAt: ({ lastSuccess, lastFailure, infoAt, reportedAt }) =>
      Math.max(lastSuccess, lastFailure, infoAt, reportedAt),
  });
}

/** No normal form is longer, and none has other characters. */
function isRelayUrl(url: unknown): url is string {
  return typeof url === "string" && url.length <= 256 && /^wss?:\/\/[!-~]+$/.test(url);
}
