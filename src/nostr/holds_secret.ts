/**
 * Notices secret keys (NIP-19, NIP-49) where none belongs: no error shows one.
 *
 * @module
 */

/** Whether a text holds a secret key, misspelled or not: no other code has `1` inside. */
export function holdsSecret(text: string): boolean {
  return /n(?:crypt)?sec1/i.test(text);
}
