/**
 * The relays of a request that are asked for a preview: the newest events of people whose relay
 * lists are still looked for. Nobody waits for these relays, and what they send proves nothing.
 *
 * @module
 */

import type { RelayRequestListener } from "../connections/relay_request.ts";
import type { Answers } from "./unanswered.ts";

/** The previews of one request and of those that are part of it. */
export class Previews {
  /** The events that came by them alone. */
  readonly #ids = new Set<string>();
  #urls: ReadonlySet<string> = new Set();

  /** The relays, in normal form. */
  get urls(): ReadonlySet<string> {
    return this.#urls;
  }

  /** Sets the relays, before the first is asked. */
  begin(urls: ReadonlySet<string>): void {
    this.#urls = urls;
  }

  /** A relay sent a new event for a preview. */
  add(id: string): void {
    this.#ids.add(id);
  }

  /** Whether an event came by previews alone so far; from now on it does not. */
  take(id: string): boolean {
    return this.#ids.delete(id);
  }
}

/**
 * What one of these relays reports: it is let go once it has answered or failed.
 *
 * @param end Lets go of it.
 */
export function previewListener(
  url: string,
  event: RelayRequestListener["event"],
  answers: Answers,
  end: () => void,
): RelayRequestListener {
  return {
    event,
    late: () => {},
    lost: () => {},
    settled({ answered, error }) {
      if (answered) answers.came();
      else answers.failed(url, error);
      end();
    },
  };
}
