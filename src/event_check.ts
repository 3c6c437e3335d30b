/**
 * Whether an event may be stored at all.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { EventRefusedError } from "./errors.ts";

const HEX_64 = /^[0-9a-f]{64}$/;
const HEX_128 = /^[0-9a-f]{128}$/;

/**
 * A plain copy of an event whose form, time and signature are in order.
 *
 * A copy, because `nostr-tools` marks verified events with a symbol that a spread
 * copies: `{ ...verified, content: "forged" }` would pass. The copy has no mark.
 *
 * @param latest The latest `created_at` that is taken, in Unix seconds.
 * @throws {EventRefusedError} If it is malformed, from the far future or forged.
 */
export function checkedEvent(
  event: NostrEvent,
  latest: number,
  verifyEvent: (event: NostrEvent) => boolean,
): NostrEvent {
  const fault = faultOf(event);
  if (fault !== undefined) throw new EventRefusedError("malformed", event, fault);
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  if (created_at > latest) {
    throw new EventRefusedError(
      "future",
      event,
      `"created_at" is ${created_at}, the latest taken now is ${latest}`,
    );
  }
  const plain = { id, pubkey, created_at, kind, tags: tags.map((tag) => [...tag]), content, sig };
  if (!verifyEvent({ ...plain })) {
    throw new EventRefusedError("forged", event, `the signature of ${id} does not hold`);
  }
  return plain;
}

/** The first thing wrong with the form of an event; `undefined` if it is well-formed. */
function faultOf(event: NostrEvent): string | undefined {
  if (typeof event !== "object" || event === null) return `it is ${show(event)}`;
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  if (!is(HEX_64, id)) return `"id" is no 32 bytes of hex: ${show(id)}`;
  if (!is(HEX_64, pubkey)) return `"pubkey" is no 32 bytes of hex: ${show(pubkey)}`;
  if (!is(HEX_128, sig)) return `"sig" is no 64 bytes of hex: ${show(sig)}`;
  if (!Number.isInteger(kind) || kind < 0 || kind > 65535) return `"kind" is ${show(kind)}`;
  if (!Number.isSafeInteger(created_at) || created_at < 0) {
    return `"created_at" is ${show(created_at)}`;
  }
  if (typeof content !== "string") return `"content" is a ${typeof content}`;
  const isTag = (tag: unknown) =>
    Array.isArray(tag) && tag.every((value) => typeof value === "string");
  if (!Array.isArray(tags) || !tags.every(isTag)) return `"tags" are no lists of strings`;
}

function is(pattern: RegExp, value: unknown): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** A value in few words; strangers send objects that cannot be made strings. */
function show(value: unknown): string {
  const isPlain = value === null || !["object", "function", "symbol"].includes(typeof value);
  return isPlain ? String(value).slice(0, 200) : `of type ${typeof value}`;
}
