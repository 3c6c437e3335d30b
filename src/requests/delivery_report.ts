/**
 * What a request shows of its relays: how much of what others had each of them had, too.
 *
 * @module
 */

import type { Role } from "../nostr/relay_knowledge.ts";
import type { Coverage } from "./coverage.ts";

/** What a request shows of one relay. */
export interface RelayDelivery {
  readonly relayIndex: number;
  /** How many subjects' events it had, as shares: half of the events of one subject is 1/2. */
  readonly hits: number;
  /** The same for events that it lacked. */
  readonly misses: number;
}

/**
 * The relays whose answers were complete, so that what such an answer lacks the relay
 * lacks, as far as other relays' answers can show it.
 */
export function deliveryReport(coverage: Coverage): RelayDelivery[] {
  return coverage.relays.flatMap(({ isComplete }, relayIndex): RelayDelivery[] => {
    if (!isComplete) return [];
    let hits = 0, misses = 0;
    for (const { sent, known } of coverage.delivery(relayIndex)) {
      const share = Math.min(1, sent / known);
      hits += share;
      misses += 1 - share;
    }
    return hits + misses > 0 ? [{ relayIndex, hits, misses }] : [];
  });
}

/** A subject of which a relay had nothing. */
export interface MissedSubject {
  readonly relayIndex: number;
  readonly role: Role;
  readonly subject: string;
}

/** What relays whose answers were complete had nothing of, while others had something. */
export function missedSubjects(coverage: Coverage): MissedSubject[] {
  return coverage.relays.flatMap(({ isComplete }, relayIndex) =>
    isComplete ? Array.from(coverage.missed(relayIndex), (one) => ({ relayIndex, ...one })) : []
  );
}
