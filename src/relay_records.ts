/**
 * The records of relays, by URL.
 *
 * @module
 */

import { KeptRecords, type KeptRecordsOptions } from "./kept_records.ts";
import type { RelayRecord } from "./relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "./relay_record_text.ts";

/** Keeps what is known of relays. */
export function relayRecords(
  options: Pick<KeptRecordsOptions<RelayRecord>, "clock" | "backend" | "onError" | "max">,
): KeptRecords<RelayRecord> {
  return new KeptRecords({
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
