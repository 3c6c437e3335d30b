/**
 * Checks whether an event may be stored at all.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { show } from "../base/check_option.ts";
import { EventRefusedError } from "./errors.ts";
import { LIST_KINDS } from "./kinds.ts";
import { isPubkey } from "./pubkeys.ts";

const HEX_128 = /^[0-9a-f]{128}$/;
/** Most characters of JSON in a list. The longest list seen has 47 entries and 3,000 characters. */
const MAX_LIST_LENGTH = 32_768;

/** Whether a value has the form of a signature: 128 lowercase hex characters (NIP-01). */
export function isSignature(value: unknown): value is string {
  return typeof value === "string" && HEX_128.test(value);
}

/** Whether an event is too long to be a list of relays. */
export function isTooLong(event: NostrEvent): boolean {
  return JSON.stringify(event).length > MAX_LIST_LENGTH;
}

/**
 * Checks the form and the time of an event, and returns a plain copy of it, whose signature is
 * still to be verified.
 *
 * It is a copy because `nostr-tools` marks verified events with a symbol that a spread copies:
 * `{ ...verified, content: "forged" }` would pass. The copy has no mark.
 *
 * @param latest The latest `created_at` that is accepted, in Unix seconds.
 * @throws {EventRefusedError} If it is malformed or from the far future, or a list of relays with
 * more than 32,768 characters of JSON: a database would index each of its tags.
 */
export function checkedEvent(event: NostrEvent, latest: number): NostrEvent {
  const fault = formFault(event);
  if (fault !== undefined) throw new EventRefusedError("malformed", event, fault);
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  if (created_at > latest) {
    throw new EventRefusedError(
      "future",
      event,
      `"created_at" is ${created_at}, the latest accepted now is ${latest}`,
    );
  }
  const plain = { id, pubkey, created_at, kind, tags: tags.map((tag) => [...tag]), content, sig };
  if (LIST_KINDS.includes(kind) && isTooLong(plain)) {
    throw new EventRefusedError(
      "oversized",
      event,
      `a relay list may have at most ${MAX_LIST_LENGTH} characters of JSON, this one has ` +
        `${JSON.stringify(plain).length} and ${tags.length} tags`,
    );
  }
  return plain;
}

/** The error of an event whose signature does not hold. */
export function forgedError(event: NostrEvent): EventRefusedError {
  return new EventRefusedError("forged", event, `the signature of ${event.id} does not hold`);
}

/**
 * Says why no relay can take an event: it is malformed, or not signed. `undefined` if neither.
 * The signature is not verified.
 */
export function unsendableFault(event: NostrEvent): string | undefined {
  const fault = formFault(event);
  if (fault === undefined || typeof event !== "object" || event === null) return fault;
  const isUnsigned = event.sig === undefined || String(event.sig) === "";
  return isUnsigned ? `it is not signed: ${fault}. Sign it first` : fault;
}

/** The first thing wrong with the form of an event; `undefined` if it is well-formed. */
function formFault(event: NostrEvent): string | undefined {
  const fault = shapeFault(event);
  if (fault !== undefined) return fault;
  if (!isPubkey(event.id)) return `"id" must be 64 lowercase hex characters, got ${show(event.id)}`;
  if (!isPubkey(event.pubkey)) {
    return `"pubkey" must be 64 lowercase hex characters, got ${show(event.pubkey)}`;
  }
  if (!isSignature(event.sig)) {
    return `"sig" must be 128 lowercase hex characters, got ${show(event.sig)}`;
  }
}

/**
 * Says which field of an event has the wrong type or range; `undefined` if all are as NIP-01
 * says. The text of id, pubkey and signature is not checked.
 */
export function shapeFault(event: NostrEvent): string | undefined {
  if (typeof event !== "object" || event === null) return `it is ${show(event)}`;
  for (const field of ["id", "pubkey", "content", "sig"] as const) {
    if (typeof event[field] !== "string") {
      return `"${field}" must be text, got ${show(event[field])}`;
    }
  }
  const { kind, created_at, tags } = event;
  if (!Number.isInteger(kind) || kind < 0 || kind > 65535) {
    return `"kind" must be an integer from 0 to 65535, got ${show(kind)}`;
  }
  if (!Number.isSafeInteger(created_at) || created_at < 0) {
    return `"created_at" must be an integer >= 0, got ${show(created_at)}`;
  }
  const isTag = (tag: unknown) =>
    Array.isArray(tag) && tag.every((value) => typeof value === "string");
  if (!Array.isArray(tags) || !tags.every(isTag)) return `"tags" must be lists of strings`;
}
