/**
 * A book of hints whose clock and options a test controls.
 *
 * @module
 */

import type { Hint } from "../../src/hints/hint.ts";
import { HintBook, type HintBookOptions } from "../../src/hints/hint_book.ts";
import type { HintSource } from "../../src/nostr/relay_knowledge.ts";
import { rememberedCheck } from "../../src/nostr/relay_url.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** The n-th pubkey. */
export function person(n: number): string {
  return n.toString(16).padStart(64, "0");
}

/** The n-th relay, in normal form. */
export function relay(n: number): string {
  return `wss://r${n}.example/`;
}

/** A hint, from a tag by default. */
export function hint(subject: string, url: string, source: HintSource = "tag"): Hint {
  return { subject, url, source };
}

/** A book under the closed policy. */
export function setUp(options: Partial<HintBookOptions> = {}) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const book = new HintBook({ clock, onError, check: rememberedCheck({}), ...options });
  /** The relays of a subject, the best first. */
  const urls = (subject: string) => book.get(subject).map(({ url }) => url);
  return { book, clock, errors, urls };
}
