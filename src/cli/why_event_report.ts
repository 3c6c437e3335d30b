/**
 * Says why an event is not seen: where it should be, and where it is. Pure.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import { isExpired } from "../nostr/expiration.ts";
import type { RefusedRelay } from "../nostr/relay_policy.ts";
import { isNewer } from "../nostr/versions.ts";
import type { EventPlaces, WhyPlace, WhyRelay } from "./event_places.ts";
import type { Finding } from "./finding.ts";
import type { ProbeAnswer } from "./relay_prober.ts";
import { eventFindings } from "./why_event_findings.ts";

/** What a report is made of. */
export interface WhyEventSource {
  /** What matches the event, and nothing else but its other versions. */
  readonly filter: NostrFilter;
  /** Who wrote it; absent if nobody knows. */
  readonly author?: string;
  /** Whether the author has a relay list. */
  readonly hasList: boolean;
  /** Whether too few relays answered the search for it. */
  readonly isUnanswered: boolean;
  /** Why each relay was asked. */
  readonly places: ReadonlyMap<string, readonly WhyPlace[]>;
  /** Relays of the author's list that are not connected to. */
  readonly refused: readonly RefusedRelay[];
  /** Why the event would go nowhere by the rules, as a clause; absent if it goes somewhere. */
  readonly refusal?: string;
  readonly answers: readonly ProbeAnswer[];
  /** In Unix seconds. */
  readonly now: number;
}

/** Where an event should be, where it is, and what that means. */
export interface WhyEventReport extends EventPlaces {
  readonly findings: readonly Finding[];
}

/** Makes a report. */
export function whyEventReport(source: WhyEventSource): WhyEventReport {
  const { filter, author, hasList, isUnanswered, places, refused, refusal, answers, now } = source;
  const event = answers.flatMap(({ events }) => events.filter((one) => matchFilter(filter, one)))
    .reduce<NostrEvent | undefined>((a, b) => a && !isNewer(b, a) ? a : b, undefined);
  const deletion = event && answers.flatMap(({ events }) => events)
    .find((one) => isDeletionOf(one, event));
  const byUrl = new Map(answers.map((answer) => [answer.url, answer]));
  const relays = [...places].map(([url, places]): WhyRelay => {
    const answer = byUrl.get(url)!;
    return { url, places, ...verdictOn(answer, event, filter) };
  });
  const report: EventPlaces = {
    ...event ? { event } : {},
    author: event?.pubkey ?? author,
    hasList,
    isUnanswered,
    ...deletion ? { deletion } : {},
    isExpired: event !== undefined && isExpired(event, now),
    ...refusal === undefined ? {} : { refusal },
    relays: [
      ...relays.sort((a, b) => ORDER.indexOf(a.answer) - ORDER.indexOf(b.answer)),
      ...refused.map(refusedRelay),
    ],
  };
  return { ...report, findings: eventFindings(report) };
}

const ORDER: readonly WhyRelay["answer"][] = ["has", "older", "lacks", "unknown", "refused"];

function verdictOn(
  { events, proof, failure }: ProbeAnswer,
  event: NostrEvent | undefined,
  filter: NostrFilter,
): Pick<WhyRelay, "answer" | "proof" | "failure"> {
  if (event && events.some(({ id }) => id === event.id)) return { answer: "has", proof };
  if (events.some((one) => matchFilter(filter, one))) return { answer: "older", proof };
  if (failure) return { answer: "unknown", proof, failure };
  return { answer: proof === "unknown" ? "unknown" : "lacks", proof };
}

function refusedRelay({ url, reason }: RefusedRelay): WhyRelay {
  return {
    url,
    places: ["outbox"],
    answer: "refused",
    proof: "unknown",
    failure: { reason, text: "not a relay to connect to" },
  };
}

/** Whether an event asks for the deletion of another (NIP-09). */
function isDeletionOf(request: NostrEvent, { id, kind, pubkey, created_at, tags }: NostrEvent) {
  if (request.kind !== 5 || request.pubkey !== pubkey) return false;
  const d = tags.find(([name]) => name === "d")?.[1] ?? "";
  const address = `${kind}:${pubkey}:${d}`;
  return request.tags.some(([name, value]) =>
    name === "e" && value === id ||
    name === "a" && value === address && created_at <= request.created_at
  );
}
