/**
 * Publishes an event to one relay, within bounded time.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { abortable, onAbort } from "../base/abortable.ts";
import { sleep } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { startTimeout } from "../base/stall_watch.ts";
import { within } from "../base/within.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import { failureOf, retryAfter } from "../relays/relay_replies.ts";
import { SIGN_IN_TIMEOUT_MS } from "./identity.ts";
import type { RelayConnector } from "./relay_connector.ts";
import type { RelayRequestOptions } from "./relay_request.ts";

/** How often an event is offered to a relay that answers `rate-limited`. */
const MAX_OFFERS = 4;

/**
 * Offers an event to a relay until the relay takes or refuses it, or time is up.
 *
 * @throws {RelayFailureError} If the relay did not take the event; its `reason` says why.
 * @throws The signal's reason, if it is aborted.
 */
export async function publishToRelay(
  event: NostrEvent,
  connector: RelayConnector,
  options: RelayRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const { signIn } = options;
  const subject = { relay: connector.url, event };
  const known = await signIn?.known(subject);
  try {
    await offerAgain(event, known ?? connector, options, signal);
  } catch (error) {
    const isWall = error instanceof RelayFailureError && error.reason === "auth-required";
    if (!isWall || known || !signIn) throw error;
    const { clock } = options;
    const signedIn = await within(signIn.refused(subject), clock, SIGN_IN_TIMEOUT_MS, signal);
    signal.throwIfAborted();
    if (!signedIn) throw error;
    await offerAgain(event, signedIn, options, signal);
  }
}

/** Offers the event to a relay until it takes or refuses it, or time is up. */
async function offerAgain(
  event: NostrEvent,
  connector: RelayConnector,
  options: RelayRequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, memory, random } = options;
  const use = connector.use();
  try {
    for (let tries = 1;; tries++) {
      const error = await offer(event, connector, options, signal);
      signal.throwIfAborted();
      if (!error) return;
      if (error.reason !== "rate-limited" || tries === MAX_OFFERS) throw error;
      // The cause has the relay's own text; the error's message has its URL, too.
      const wait = retryAfter(messageOf(error.cause)) ??
        waitMs(BACKOFFS.rateLimitedEvent, tries, random);
      const { hard } = memory.deadlines(connector.url);
      if (wait > hard) throw error;
      await sleep(clock, wait, signal);
    }
  } finally {
    use.release();
  }
}

/** Offers the event once; returns how that failed, or `undefined` if the relay has it. */
async function offer(
  event: NostrEvent,
  connector: RelayConnector,
  { clock, memory, rank }: RelayRequestOptions,
  signal: AbortSignal,
): Promise<RelayFailureError | undefined> {
  const { url } = connector;
  const attempt = new AbortController();
  const release = onAbort(signal, () => attempt.abort(signal.reason));
  let cancelTimeout = () => {};
  try {
    // A back-off must not keep an event from being published.
    const connection = await connector.connection(rank, attempt.signal, true);
    const removeListener = connection.onEnd((error) => attempt.abort(error));
    // The time for the OK starts when the connection is open, and signed in where it has an identity.
    const isNamed = connector.identity !== undefined;
    const ready: Promise<unknown> = isNamed
      ? connection.signIn(attempt.signal)
      : connection.whenOpen();
    ready.then(() => {
      if (attempt.signal.aborted) return;
      const { hard } = memory.deadlines(url);
      cancelTimeout = startTimeout(clock, hard, () => {
        attempt.abort(new RelayFailureError(url, "no-ok", `no OK within ${Math.round(hard)} ms`));
      });
    }, (error) => attempt.abort(error));
    try {
      if (isNamed) await abortable(ready, attempt.signal);
      try {
        // An app's own relay may ignore the signal.
        await abortable(connection.event(event, attempt.signal), attempt.signal);
      } catch (refusal) {
        // A relay may send its challenge only now.
        const isWall = failureOf(messageOf(refusal)) === "auth-required";
        if (!isWall || !await connection.signIn(attempt.signal)) throw refusal;
        await abortable(connection.event(event, attempt.signal), attempt.signal);
      }
    } finally {
      connection.users--;
      removeListener();
    }
    return undefined;
  } catch (thrown) {
    const cause = attempt.signal.aborted ? attempt.signal.reason : thrown;
    if (signal.aborted) return undefined;
    if (cause instanceof RelayFailureError) return cause;
    const reasonText = messageOf(cause);
    const reason = failureOf(reasonText);
    // The relay has the event already.
    if (reason === "duplicate") return undefined;
    return new RelayFailureError(url, reason, reasonText, { cause });
  } finally {
    cancelTimeout();
    // The attempt may be over before the connection is open.
    attempt.abort();
    release();
  }
}
