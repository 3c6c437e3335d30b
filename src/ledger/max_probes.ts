/**
 * How many relays that failed are tried at once: a bound on what the ledger connects to.
 *
 * @module
 */

/**
 * Most relays that failed and are tried again at once. An attempt takes as long as a timeout where a
 * relay hangs, and 64 of these are about 400 a minute.
 */
export const MAX_PROBES = 64;
