/**
 * Checks thousands of events: verifies their signatures in slices of time.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { nextTurn } from "../base/clock.ts";
import { EventRefusedError } from "../nostr/errors.ts";

/** What {@link checkAll} works with. */
export interface CheckTools {
  /**
   * Copies a valid event; verifies its signature unless `isVerified`, in another thread perhaps.
   *
   * @throws {EventRefusedError} If the event is not valid.
   */
  readonly check: (event: NostrEvent, isVerified: boolean) => NostrEvent | Promise<NostrEvent>;
  /** The time in milliseconds. */
  readonly now: () => number;
}

/** How many milliseconds of verifying pass before other work gets a turn. */
const VERIFYING_SLICE_MS = 10;

/**
 * Checks events, in slices of time.
 *
 * @param verified Those that are not verified again.
 * @param refused Takes the errors of those that are not valid.
 * @returns Copies of the events that are valid.
 * @throws The signal's reason.
 */
export async function checkAll(
  events: readonly NostrEvent[],
  verified: ReadonlySet<NostrEvent>,
  refused: EventRefusedError[],
  { check, now }: CheckTools,
  opts: { readonly signal?: AbortSignal },
): Promise<NostrEvent[]> {
  const outcomes: (NostrEvent | Error | Promise<NostrEvent | Error>)[] = [];
  let sliceStart = now();
  for (const event of events) {
    const isVerified = verified.has(event);
    if (now() - sliceStart >= VERIFYING_SLICE_MS) {
      await nextTurn();
      sliceStart = now();
    }
    opts.signal?.throwIfAborted();
    outcomes.push(outcomeOf(() => check(event, isVerified)));
  }
  const checked: NostrEvent[] = [];
  for (const outcome of outcomes) {
    const result = outcome instanceof Promise ? await outcome : outcome;
    if (result instanceof Error) addRefusal(result, refused);
    else checked.push(result);
  }
  opts.signal?.throwIfAborted();
  return checked;
}

/** What a check returns or throws, now or later. */
function outcomeOf(
  check: () => NostrEvent | Promise<NostrEvent>,
): NostrEvent | Error | Promise<NostrEvent | Error> {
  try {
    const result = check();
    return result instanceof Promise ? result.catch((error) => error) : result;
  } catch (error) {
    return error as Error;
  }
}

/** Collects a refusal; anything else is thrown on. */
export function addRefusal(error: unknown, refused: EventRefusedError[]): void {
  if (!(error instanceof EventRefusedError)) throw error;
  refused.push(error);
}
