/**
 * Goes on with new events on a connection, and requests what came since the last one.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { startInactivityTimer } from "../base/inactivity_timer.ts";
import { WRAP_OVERLAP_S } from "../nostr/kinds.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { SignInQuery } from "./sign_in_query.ts";
import { catchUpFilters, liveFilters } from "./resume_filters.ts";

/** What {@link resumeQuery} needs. */
export interface ResumeOptions {
  readonly clock: Clock;
  readonly memory: Pick<RelayMemory, "deadlines" | "limits">;
  /** The filters of the request. */
  readonly filters: readonly NostrFilter[];
  /** Up to when everything was received, in Unix seconds. */
  readonly from: number;
  /** When the query last made progress, in milliseconds since 1970. */
  readonly progressAt: () => number;
}

/**
 * Listens for new events first, and then requests what came since, so that nothing gets lost
 * between the two. Resolves when all that came is received, or the signal is aborted. Some filters
 * may still be {@link SignInQuery.unserved} then.
 *
 * @throws {RelayFailureError} If the relay answered no REQ, or the connection has ended.
 */
export async function resumeQuery(
  query: SignInQuery,
  connection: RelayConnection,
  { clock, memory, filters, from, progressAt }: ResumeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { url } = connection;
  const missed = catchUpFilters(filters, from);
  const staleBefore = from - WRAP_OVERLAP_S;
  if (connection.hasOneSlot) {
    await query.catchUp(missed);
    // The one REQ that can be open closes the gap itself: its `since` is older than any new event.
    await query.requestLive(missed, staleBefore);
    if (connection.ended) throw connection.ended;
    return;
  }
  const now = Math.floor(clock.now() / 1000);
  const { minLimit } = memory.limits(url);
  const live = query.requestLive(liveFilters(filters, now, minLimit), staleBefore);
  // It waits neither for a relay that never says EOSE to it, nor for slots that are not released.
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const isPending = () => query.isPending || query.unserved.length > 0;
  const cancelTimer = startInactivityTimer(
    clock,
    memory.deadlines(url).soft,
    { heardAt: progressAt, isPending },
    resolve,
  );
  const release = onAbort(signal, resolve);
  await Promise.race([live, late]).finally(() => {
    cancelTimer();
    release();
  });
  if (!signal.aborted) await query.catchUp(missed);
  // Some REQs may have been answered before it ended: that is not all that was missed.
  if (connection.ended) throw connection.ended;
}
