/**
 * A book of hints, with the time and what else it depends on under a test's hand.
 *
 * @module
 */

import type { Hint } from "../../src/hints/hint.ts";
import { HintBook, type HintBookOptions } from "../../src/hints/hint_book.ts";
import { rememberedCheck } from "../../src/nostr/relay_url.ts";
import type { HintSource } from "../../src/nostr/types.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** The n-th pubkey. */
export function person(n: number): string {
  return n.toString(16).padStart(64, "0");
}

/** The n-th relay, in normal form. */
export function relay(n: number): string {
  return `wss://r${n}.example/`;
}

/** A hint; a tag's, if not said otherwise. */
export function hint(subject: string, url: string, source: HintSource = "tag"): Hint {
  return { subject, url, source };
}

/** A book, under the policy that is closed. */
export function setUp(options: Partial<HintBookOptions> = {}) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const book = new HintBook({ clock, onError, check: rememberedCheck({}), ...options });
  /** The relays of somebody, the best first. */
  const urls = (key: string) => book.get(key).map(({ url }) => url);
  return { book, clock, errors, urls };
}
