/**
 * A verifier that answers when a test says so.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { settled } from "../../testing/test_clock.ts";

/** See the module. */
export class HeldVerifier {
  readonly #waiting = new Map<NostrEvent, (isValid: boolean) => void>();

  /** The events that wait to be verified. */
  get waiting(): NostrEvent[] {
    return [...this.#waiting.keys()];
  }

  readonly verify = (event: NostrEvent): Promise<boolean> =>
    new Promise((resolve) => this.#waiting.set(event, resolve));

  /** Answers for some events, all that wait by default. */
  async answer(isValid = true, events: readonly NostrEvent[] = this.waiting): Promise<void> {
    for (const event of events) {
      this.#waiting.get(event)!(isValid);
      this.#waiting.delete(event);
    }
    await settled();
  }
}
