/**
 * Reads coordinates of replaceable and addressable events: `kind:pubkey:d` (NIP-01).
 *
 * @module
 */

/** The pubkey in a coordinate, not checked; `undefined` if there is none. */
export function coordinatePubkey(coordinate: string): string | undefined {
  return coordinate.split(":", 2)[1];
}
