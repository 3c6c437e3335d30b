/**
 * Reads the message of whatever was thrown.
 *
 * @module
 */

/** The message of an `Error`; anything else that was thrown, as a string. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
