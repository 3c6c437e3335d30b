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
  /** What each further failure in a row multiplies the wait with; 1 where that counts nothing. */
  readonly factor: number;
  /**
   * The part of the outage so far that is waited, below 2/3: so no wait is longer than the outage,
   * whatever the jitter. 0 where the wait does not depend on an outage.
   */
  readonly outageShare: number;
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

/** Longest time between two failures of one outage; more than the longest wait. */
const MAX_OUTAGE_GAP_MS = 60 * MINUTE_MS;

const JITTER_ONLY = { outageShare: 0, hasJitter: true, isRemembered: false } as const;

/** All waits, by reason. */
export const BACKOFFS = {
  /**
   * A relay that restarts is back in seconds, and is missed for a tenth longer than that. Two in
   * three outages are over in three hours, and half an hour notices that soon.
   */
  unusable: {
    reason: "could not be used, and worked before",
    firstMs: SECOND_MS,
    factor: 1,
    outageShare: 0.1,
    longestMs: 30 * MINUTE_MS,
    hasJitter: true,
    isRemembered: true,
  },
  /** Half of the relays in lists are dead. */
  neverWorked: {
    reason: "could not be used, and never worked",
    firstMs: 8 * SECOND_MS,
    factor: 1,
    outageShare: 0.6,
    longestMs: 30 * MINUTE_MS,
    hasJitter: true,
    isRemembered: true,
  },
  /** The failure is held back until another relay shows that the network is there. */
  networkInDoubt: {
    reason: "failed, perhaps because the network is down",
    firstMs: SECOND_MS,
    factor: 1,
    outageShare: 0.1,
    longestMs: 5 * SECOND_MS,
    hasJitter: false,
    isRemembered: false,
  },
  /** The one retry, for all open requests, before the relay counts as failed. */
  hungUp: {
    reason: "hung up on open requests for the first time",
    firstMs: 200,
    factor: 1,
    longestMs: 200,
    ...JITTER_ONLY,
  },
  /** Of all open requests without a connection: they wait together. */
  disconnected: {
    reason: "is not connected, and requests are open",
    firstMs: SECOND_MS,
    factor: 1,
    outageShare: 0.1,
    longestMs: 3 * MINUTE_MS,
    hasJitter: true,
    isRemembered: false,
  },
  /** The same of a relay that never worked. */
  neverConnected: {
    reason: "never worked, is not connected, and requests are open",
    firstMs: SECOND_MS,
    factor: 1,
    outageShare: 0.6,
    longestMs: 3 * MINUTE_MS,
    hasJitter: true,
    isRemembered: false,
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
    outageShare: 0,
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
  /**
   * Of all events for the relay together. One that returns is served within a minute, so this stays
   * below: the attempt itself takes some seconds.
   */
  unreachedByEvent: {
    reason: "could not be reached, and events wait for it",
    firstMs: 2 * SECOND_MS,
    factor: 2,
    longestMs: 30 * SECOND_MS,
    ...JITTER_ONLY,
  },
  /** Where the relay does not say for how long. An hour with the jitter. */
  refusedEvent: {
    reason: "refused an event for now, or wants a sign-in",
    firstMs: 10 * SECOND_MS,
    factor: 2,
    longestMs: 40 * MINUTE_MS,
    ...JITTER_ONLY,
  },
  /** The same of a deletion or a request to vanish, which is urgent. */
  refusedDeletion: {
    reason: "refused a deletion for now, or wants a sign-in",
    firstMs: 5 * SECOND_MS,
    factor: 2,
    longestMs: 4 * MINUTE_MS,
    ...JITTER_ONLY,
  },
  /** Whether the relay had a description or not. */
  relayInfo: {
    reason: "was asked for its description (NIP-11)",
    firstMs: 7 * DAY_MS,
    factor: 1,
    longestMs: 7 * DAY_MS,
    outageShare: 0,
    hasJitter: false,
    isRemembered: true,
  },
} as const satisfies Record<string, Backoff>;

/** The longest wait that a relay may ask for, in milliseconds. */
export const MAX_NAMED_WAIT_MS = 60 * MINUTE_MS;

/** A time without a relay, in milliseconds since 1970. */
export interface Outage {
  /** When it began; 0 for never. */
  readonly outageSince: number;
  /** When the relay last failed. */
  readonly lastFailure: number;
}

/** Whether a failure now is of the same outage: the relay has not been left alone for long. */
export function isSameOutage({ outageSince, lastFailure }: Outage, now: number): boolean {
  return outageSince > 0 && now - lastFailure <= MAX_OUTAGE_GAP_MS;
}

/**
 * How long to wait during an outage, in milliseconds: no longer than the outage has lasted, but at
 * least the first wait, both before the jitter.
 *
 * @param lasted Milliseconds since the outage began; less than 0 counts as 0.
 * @param random A random number in [0, 1), drawn where the wait has jitter.
 */
export function outageWaitMs(backoff: Backoff, lasted: number, random: () => number): number {
  const { firstMs, outageShare, longestMs } = backoff;
  const wait = Math.min(Math.max(firstMs, outageShare * lasted), longestMs);
  return jittered(backoff, wait, random);
}

/**
 * How long to wait, in milliseconds.
 *
 * @param failures Failures in a row, this one included; less than 1 counts as 1.
 * @param random A random number in [0, 1), drawn where the wait has jitter.
 */
export function waitMs(backoff: Backoff, failures: number, random: () => number): number {
  const { firstMs, factor, longestMs } = backoff;
  const wait = Math.min(firstMs * factor ** (Math.max(1, failures) - 1), longestMs);
  return jittered(backoff, wait, random);
}

function jittered({ hasJitter }: Backoff, wait: number, random: () => number): number {
  return hasJitter ? wait * (0.5 + random()) : wait;
}

/** An upper bound of {@link waitMs} and {@link outageWaitMs}, in milliseconds. */
export function maxWaitMs({ longestMs, hasJitter }: Backoff): number {
  return hasJitter ? 1.5 * longestMs : longestMs;
}
