/**
 * Publishes an event to one relay, within bounded time.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { sleep } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { failureOf, retryAfter } from "../relays/relay_replies.ts";
import type { RelayConnector } from "./relay_connector.ts";
import type { RelayRequestOptions } from "./relay_request.ts";

/** How often an event is offered to a relay that is asked too much. */
const MOST_TRIES = 4;
/** How long to leave such a relay alone that does not say how long, in milliseconds. */
const RATE_LIMIT_WAIT = 1_000;

/**
 * Offers an event to a relay until it takes it, refuses it, or time is up.
 *
 * @throws {RelayFailureError} If the relay did not take it: the reason says why.
 * @throws The signal's reason, if it is aborted.
 */
export async function publishToRelay(
  event: NostrEvent,
  link: RelayConnector,
  options: RelayRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, memory, random } = options;
  const use = link.use();
  try {
    for (let tries = 1;; tries++) {
      const error = await offer(event, link, options, signal);
      signal.throwIfAborted();
      if (!error) return;
      if (error.reason !== "rate-limited" || tries === MOST_TRIES) throw error;
      // The relay's own words: the error's have its URL in them, too.
      const wait = retryAfter(messageOf(error.cause)) ??
        RATE_LIMIT_WAIT * 2 ** tries * (0.5 + random());
      const { hard } = memory.deadlines(link.url);
      if (wait > hard) throw error;
      await sleep(clock, wait, signal);
    }
  } finally {
    use.release();
  }
}

/** One try; how it failed. */
async function offer(
  event: NostrEvent,
  link: RelayConnector,
  { clock, memory, rank }: RelayRequestOptions,
  signal: AbortSignal,
): Promise<RelayFailureError | undefined> {
  const { url } = link;
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  let cancel = () => {};
  try {
    // Whoever publishes does not want to hear that a relay is left alone for now.
    const session = await link.connection(rank, own.signal, true);
    const unend = session.onEnd((error) => own.abort(error));
    // The time for the OK starts when the connection stands; if it never does, it ends.
    session.whenOpen().then(() => {
      if (own.signal.aborted) return;
      const { hard } = memory.deadlines(url);
      cancel = clock.after(hard, () => {
        own.abort(new RelayFailureError(url, "no-ok", `no OK within ${Math.round(hard)} ms`));
      });
    }, abort);
    try {
      // An app's own relay need not look at the signal.
      await abortable(session.event(event, own.signal), own.signal);
    } finally {
      session.users--;
      unend();
    }
    return undefined;
  } catch (thrown) {
    const cause = own.signal.aborted ? own.signal.reason : thrown;
    if (signal.aborted) return undefined;
    if (cause instanceof RelayFailureError) return cause;
    const words = messageOf(cause);
    const reason = failureOf(words);
    // It has the event: that is what was wanted.
    if (reason === "duplicate") return undefined;
    return new RelayFailureError(url, reason, words, { cause });
  } finally {
    cancel();
    // Also where it is over before the connection stands.
    own.abort();
    signal.removeEventListener("abort", abort);
  }
}
