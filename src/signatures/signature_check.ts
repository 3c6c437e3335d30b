/**
 * Verifies signatures in the thread that calls it: with WebAssembly where that can be loaded, as
 * nostr-tools does where it cannot.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { getEventHash, serializeEvent, verifyEvent } from "nostr-tools/pure";

/** Says whether the id and the signature of an event of the right form are right. */
export type CheckSignature = (event: NostrEvent) => boolean;

/** An event as its id, its signature, and the text that the id is the hash of (NIP-01). */
export type SignedText = readonly [id: string, sig: string, text: string];

/** What another thread needs to verify an event. */
export function signedText(event: NostrEvent): SignedText {
  return [event.id, event.sig, serializeEvent(event)];
}

/** The event of a {@link SignedText}. */
export function eventOf([id, sig, text]: SignedText): NostrEvent {
  const [, pubkey, created_at, kind, tags, content] = JSON.parse(text);
  return { id, pubkey, created_at, kind, tags, content, sig };
}

/**
 * Whether an event is genuine, by nostr-tools. The event is copied, since `verifyEvent` believes
 * the mark that it leaves on events.
 */
export function checkPlainly(
  { id, pubkey, created_at, kind, tags, content, sig }: NostrEvent,
): boolean {
  return verifyEvent({ id, pubkey, created_at, kind, tags, content, sig });
}

/**
 * Computes what a first check needs, which takes 20 ms, with an event that is not genuine. Its author
 * is a point of the curve, without which there is nothing to compute.
 */
export function prepareCheck(check: CheckSignature): void {
  const event = { kind: 1, created_at: 0, tags: [], content: "", pubkey: "2".repeat(64) };
  check({ ...event, id: getEventHash(event), sig: "1".repeat(128) });
}

/** The memory of `nostr-wasm` does not grow: longer events are verified without it. */
const MAX_WASM_LENGTH = 16_384;
/** How `nostr-wasm` says that an event is forged. */
const WASM_REFUSALS = /^(?:id|pubkey|signature) is invalid$/;

/**
 * A check by WebAssembly, in the form that `nostr-wasm` has. What it refuses, {@link checkPlainly}
 * decides, which costs little: a relay may send few forged events.
 */
export function checkFast(verify: (event: NostrEvent) => void): CheckSignature {
  let isBroken = false;
  return (event) => {
    if (isBroken || lengthOf(event) > MAX_WASM_LENGTH) return checkPlainly(event);
    try {
      verify(event);
      return true;
    } catch (error) {
      // Any other error may leave its memory in disorder.
      if (!WASM_REFUSALS.test((error as Error).message)) isBroken = true;
      return checkPlainly(event);
    }
  };
}

/** Loads the fastest check. Where WebAssembly is not allowed or not there, the plain one. */
export async function loadCheck(
  load = async () => await (await import("nostr-wasm")).initNostrWasm(),
): Promise<CheckSignature> {
  try {
    const wasm = await load();
    wasm.verifyEvent({ ...GENUINE });
    return checkFast((event) => wasm.verifyEvent(event));
  } catch {
    return checkPlainly;
  }
}

function lengthOf({ tags, content }: NostrEvent): number {
  return tags.flat().reduce((sum, value) => sum + value.length, content.length);
}

/** An event by which a check shows that it works. */
const GENUINE: NostrEvent = {
  id: "448140993be996d6da57056f06f2e6e4b25b10f4fdf1e71d153531c0d405a0ff",
  pubkey: "5cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc",
  created_at: 1700000000,
  kind: 1,
  tags: [],
  content: "",
  sig:
    "d2dedd50b08ca65847dfbd69b0ee98aada8b5e9d30c47c163fbad429599248dba49efe2fab3a34c10af77fc02f5ee8a50ccbdb238ec85a88331c1758f69b6d51",
};
