/**
 * Publications as texts that a store of records keeps. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { parseJson } from "../base/parse_json.ts";
import { unsendableFault } from "../nostr/check_event.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import type {
  PublicationRecord,
  PublicationTarget,
  TargetReason,
  TargetState,
} from "./publication.ts";

/** What is written of a target: relay, why, state, tries, nextAt, reason, failure. */
type TargetText = [string, string, string, number, number?, string?, string?];

const STATES: Readonly<Record<TargetState, true>> = {
  pending: true,
  "sign-in": true,
  taken: true,
  refused: true,
  gone: true,
  "given-up": true,
};

/** A publication as a text that holds no NUL and no half characters. */
export function publicationText({ by, event, at, until, targets }: PublicationRecord): string {
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  return JSON.stringify({
    at,
    until,
    by,
    targets: targets.map((
      { relay, why, state, tries, nextAt, reason, failure },
    ) => [relay, why, state, tries, nextAt ?? null, reason ?? null, failure ?? null]),
    event: { id, pubkey, created_at, kind, tags, content, sig },
  });
}

/** Reads a publication; `undefined` if the text cannot be read. */
export function parsePublication(text: string): PublicationRecord | undefined {
  const value = parseJson(text) as Partial<Record<keyof PublicationRecord, unknown>> | undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const { by, event, at, until, targets } = value;
  if (!isTime(at) || !isTime(until) || !Array.isArray(targets)) return undefined;
  if (unsendableFault(event as NostrEvent) !== undefined) return undefined;
  const read = targets.map(parseTarget);
  if (read.length === 0 || read.includes(undefined)) return undefined;
  return {
    ...{ event: event as NostrEvent, at, until, targets: read as PublicationTarget[] },
    ...typeof by === "string" ? { by } : {},
  };
}

function parseTarget(value: unknown): PublicationTarget | undefined {
  if (!Array.isArray(value)) return undefined;
  const [relay, why, state, tries, nextAt, reason, failure] = value as TargetText;
  if (typeof relay !== "string" || typeof why !== "string") return undefined;
  if (!Object.hasOwn(STATES, state) || !Number.isSafeInteger(tries)) return undefined;
  return {
    relay,
    why: why as TargetReason,
    state: state as TargetState,
    tries,
    ...isTime(nextAt) ? { nextAt } : {},
    ...typeof reason === "string" ? { reason } : {},
    ...typeof failure === "string" ? { failure: failure as RelayFailure } : {},
  };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
