/**
 * What a request shows of its relays: how much of what others had each of them had, too.
 *
 * @module
 */

import type { Role } from "../nostr/relay_knowledge.ts";
import type { Coverage } from "./coverage.ts";
import type { OutboxRequestOptions } from "./outbox_request_options.ts";

/** What a request shows of one relay. */
export interface RelayDelivery {
  readonly relayIndex: number;
  /** How many subjects' events it had, as shares: half of the events of one subject is 1/2. */
  readonly hits: number;
  /** The same for events that it lacked. */
  readonly misses: number;
}

/**
 * What other relays' answers show of each relay, by the subjects for which its own answer proves
 * something. `finish` and `drained` prove that the relay lacks what it did not send. `inferred`
 * counts as much: nearly all answers prove no more, a miss takes an event that another relay
 * delivered to the same request, and what is learned is a share that fades, and no verdict. Whoever
 * has no list has promised no relay anything.
 */
export function deliveryReport(coverage: Coverage): RelayDelivery[] {
  return coverage.relays.flatMap((_, relayIndex): RelayDelivery[] => {
    let hits = 0, misses = 0;
    for (const { sent, known, proof, hasPopular } of coverage.delivery(relayIndex)) {
      if (proof === "unknown" || hasPopular) continue;
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

/** What relays had nothing of by an answer that proves something, while others had something. */
export function missedSubjects(coverage: Coverage): MissedSubject[] {
  return coverage.relays.flatMap((_, relayIndex) =>
    [...coverage.delivery(relayIndex)]
      .filter(({ sent, proof }) => sent === 0 && proof !== "unknown")
      .map(({ role, subject }) => ({ relayIndex, role, subject }))
  );
}

/** Reports what a request shows of its relays to the memory, and what they lack. */
export function reportDelivery(
  coverage: Coverage,
  urls: readonly string[],
  { memory, onMissed }: Pick<OutboxRequestOptions, "memory" | "onMissed">,
): void {
  for (const { relayIndex, hits, misses } of deliveryReport(coverage)) {
    memory.learned(urls[relayIndex], hits, misses);
  }
  if (onMissed === undefined) return;
  for (const { relayIndex, role, subject } of missedSubjects(coverage)) {
    onMissed(role, subject, urls[relayIndex]);
  }
}
