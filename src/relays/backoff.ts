/**
 * When a relay may be tried again: one table with every such wait of this room and of
 * `connections`. Pure.
 *
 * @module
 */

/** How long to wait before a relay is tried again for one reason. Times are milliseconds. */
export interface Backoff {
  /** What happened, as docs/reliability.md says it. */
  readonly reason: string;
  /** The wait after the first failure. */
  readonly firstMs: number;
  /** What each further failure in a row multiplies the wait with; 1 where it never grows. */
  readonly factor: number;
  /** The longest wait, before the jitter. */
  readonly longestMs: number;
  /**
   * Whether each wait is multiplied with a random number in [0.5, 1.5), so that not all clients
   * come back at once.
   */
  readonly hasJitter: boolean;
  /** Whether the wait outlives a restart of the program. */
  readonly isRemembered: boolean;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

const JITTER_ONLY = { hasJitter: true, isRemembered: false } as const;

/** All waits, by reason. */
export const BACKOFFS = {
  /**
   * A relay that restarts is back in seconds. Two in three outages are over in three hours, and
   * half an hour notices that soon.
   */
  unusable: {
    reason: "could not be used, and worked before",
    firstMs: SECOND_MS,
    factor: 2,
    longestMs: 30 * MINUTE_MS,
    hasJitter: true,
    isRemembered: true,
  },
  /** Half of the relays in lists are dead. */
  neverWorked: {
    reason: "could not be used, and never worked",
    firstMs: 8 * SECOND_MS,
    factor: 2,
    longestMs: 30 * MINUTE_MS,
    hasJitter: true,
    isRemembered: true,
  },
  /** The failure is held back until another relay shows that the network is there. */
  networkInDoubt: {
    reason: "failed, perhaps because the network is down",
    firstMs: SECOND_MS,
    factor: 2,
    longestMs: 5 * SECOND_MS,
    hasJitter: false,
    isRemembered: false,
  },
  /** The one retry of a request before the relay counts as failed. */
  hungUp: {
    reason: "hung up on an open request for the first time",
    firstMs: 200,
    factor: 1,
    longestMs: 200,
    ...JITTER_ONLY,
  },
  /** Of an open request without a connection. */
  disconnected: {
    reason: "is not connected, and a request is open",
    firstMs: SECOND_MS,
    factor: 1.6,
    longestMs: 3 * MINUTE_MS,
    ...JITTER_ONLY,
  },
  /** Of an open request whose relay answers, but not as it should. */
  refused: {
    reason: "refused a request that is open",
    firstMs: 20 * SECOND_MS,
    factor: 1.6,
    longestMs: 15 * MINUTE_MS,
    ...JITTER_ONLY,
  },
  /** Until the user's block list changes, which ends the wait. */
  blockedByUser: {
    reason: "is on the user's block list",
    firstMs: DAY_MS,
    factor: 1,
    longestMs: DAY_MS,
    hasJitter: false,
    isRemembered: false,
  },
  /** Where the relay does not say for how long. */
  rateLimitedReq: {
    reason: "answered a REQ with `rate-limited`",
    firstMs: SECOND_MS,
    factor: 2,
    longestMs: 128 * SECOND_MS,
    ...JITTER_ONLY,
  },
  /** Where the relay does not say for how long. */
  rateLimitedEvent: {
    reason: "answered an event with `rate-limited`",
    firstMs: 2 * SECOND_MS,
    factor: 2,
    longestMs: 8 * SECOND_MS,
    ...JITTER_ONLY,
  },
  /** Whether the relay had a description or not. */
  relayInfo: {
    reason: "was asked for its description (NIP-11)",
    firstMs: 7 * DAY_MS,
    factor: 1,
    longestMs: 7 * DAY_MS,
    hasJitter: false,
    isRemembered: true,
  },
} as const satisfies Record<string, Backoff>;

/** The longest wait that a relay may ask for, in milliseconds. */
export const MAX_NAMED_WAIT_MS = 60 * MINUTE_MS;

/**
 * How long to wait, in milliseconds.
 *
 * @param failures Failures in a row, this one included; less than 1 counts as 1.
 * @param random A random number in [0, 1), drawn where the wait has jitter.
 */
export function waitMs(backoff: Backoff, failures: number, random: () => number): number {
  const { firstMs, factor, longestMs, hasJitter } = backoff;
  const wait = Math.min(firstMs * factor ** (Math.max(1, failures) - 1), longestMs);
  return hasJitter ? wait * (0.5 + random()) : wait;
}

/** An upper bound of {@link waitMs}, in milliseconds. */
export function maxWaitMs({ longestMs, hasJitter }: Backoff): number {
  return hasJitter ? 1.5 * longestMs : longestMs;
}
