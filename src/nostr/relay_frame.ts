/**
 * Reads what a relay sends: one text of JSON, whatever its shape, to a frame.
 *
 * A relay may say more than NIP-01 knows, or say it in another form. So every frame is
 * read as far as it can be read, and nothing is an error: what is missing is empty, what
 * comes too much is left, and a verb that is unknown is a frame of its own.
 *
 * @module
 */

import type { NostrEvent, NostrRelayEOSE } from "@nostrify/types";
import { nestsDeeper, parseJson } from "../base/parse_json.ts";
import { shapeFault } from "./check_event.ts";

/**
 * What an EOSE says beyond "that is all for now" (NIP-67): `finish`: every stored event was
 * sent; `more`: older events are left, continue with `until`; `auth`: something was
 * withheld from whoever has not signed in.
 */
export type EoseHint = "finish" | "more" | "auth";

/** One message of a relay. */
export type RelayFrame =
  /** An event that answers a subscription. `fault` says why it is none, if it is malformed. */
  | { readonly verb: "EVENT"; readonly id: string; readonly event: NostrEvent }
  | { readonly verb: "EVENT"; readonly id: string; readonly event?: undefined; fault: string }
  /** The end of a subscription's stored events. */
  | { readonly verb: "EOSE"; readonly id: string; readonly hints: readonly EoseHint[] }
  /** The relay ended or refused a subscription; `reason` is empty where it gives none. */
  | { readonly verb: "CLOSED"; readonly id: string; readonly reason: string }
  /** The relay took an event, or did not; `id` is the event's. */
  | { readonly verb: "OK"; readonly id: string; readonly ok: boolean; readonly reason: string }
  /** A text for whoever reads it. */
  | { readonly verb: "NOTICE"; readonly text: string }
  /** The challenge of a sign-in (NIP-42). */
  | { readonly verb: "AUTH"; readonly challenge: string }
  /** The answer to a COUNT (NIP-45); `hll` is its HyperLogLog value, 512 hex digits. */
  | {
    readonly verb: "COUNT";
    readonly id: string;
    readonly count: number;
    readonly approximate: boolean;
    readonly hll?: string;
  }
  /** A verb that is not known here; `id` is its second element where that is text. */
  | { readonly verb: "other"; readonly name: string; readonly id?: string };

const EOSE_HINTS: readonly string[] = ["finish", "more", "auth"] satisfies EoseHint[];

/** Messages up to this length are parsed in less than a millisecond, however deep they nest. */
const MAX_UNCHECKED_LENGTH = 16_384;
/** Deepest nesting of brackets in a longer message. The tags of an event are four deep. */
const MAX_NESTING = 16;

/**
 * Reads a message.
 *
 * @param data What came over the WebSocket: text, or bytes, which no relay should send.
 * @returns `undefined` if it is no JSON array that begins with a verb, or lacks what its
 * verb cannot do without (the id of an EOSE, say); also if it has more than 16,384 characters and
 * its brackets nest more than 16 deep, which no message does, and which would take long to parse.
 */
export function parseRelayFrame(data: unknown): RelayFrame | undefined {
  if (typeof data !== "string") return undefined;
  if (data.length > MAX_UNCHECKED_LENGTH && nestsDeeper(data, MAX_NESTING)) return undefined;
  const message = parseJson(data);
  if (!Array.isArray(message)) return undefined;
  const [name, first, second, third] = message as unknown[];
  if (typeof name !== "string") return undefined;
  switch (name) {
    case "NOTICE":
      return { verb: "NOTICE", text: textOf(first) };
    case "AUTH":
      return typeof first === "string" ? { verb: "AUTH", challenge: first } : undefined;
    case "EVENT":
    case "EOSE":
    case "CLOSED":
    case "OK":
    case "COUNT":
      return typeof first === "string" ? about(name, first, second, third) : undefined;
  }
  return { verb: "other", name, ...typeof first === "string" ? { id: first } : {} };
}

function about(
  verb: "EVENT" | "EOSE" | "CLOSED" | "OK" | "COUNT",
  id: string,
  second: unknown,
  third: unknown,
): RelayFrame | undefined {
  switch (verb) {
    case "EVENT": {
      const event = second as NostrEvent;
      const fault = shapeFault(event);
      return fault === undefined ? { verb, id, event } : { verb, id, fault };
    }
    case "EOSE":
      return { verb, id, hints: hintsIn(second) };
    case "CLOSED":
      return { verb, id, reason: textOf(second) };
    case "OK":
      return typeof second === "boolean"
        ? { verb, id, ok: second, reason: textOf(third) }
        : undefined;
    case "COUNT":
      return countIn(id, second);
  }
}

/** An EOSE in the form in which an `NRelay` yields it, with its hints as a third element. */
export function withEoseHints(id: string, hints: readonly EoseHint[]): NostrRelayEOSE {
  const eose: NostrRelayEOSE = ["EOSE", id];
  return hints.length === 0 ? eose : [...eose, [...hints]] as unknown as NostrRelayEOSE;
}

/** The hints of an EOSE that an `NRelay` yields; none where it hands none on. */
export function eoseHints(message: NostrRelayEOSE): EoseHint[] {
  return hintsIn((message as unknown[])[2]);
}

/** The words that are known in a list of them; of any other value, none. */
function hintsIn(value: unknown): EoseHint[] {
  if (!Array.isArray(value)) return [];
  return [...new Set(value)].filter((word): word is EoseHint => EOSE_HINTS.includes(word));
}

function countIn(id: string, value: unknown): RelayFrame | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { count, approximate, hll } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(count) || Number(count) < 0) return undefined;
  return {
    verb: "COUNT",
    id,
    count: Number(count),
    approximate: approximate === true,
    ...typeof hll === "string" && /^[0-9a-f]{512}$/.test(hll) ? { hll } : {},
  };
}

/** A reason as text; relays leave it out, or send something else. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
