/**
 * Measures REQs and their parts in bytes of UTF-8, as they are sent.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";

const encoder = new TextEncoder();

/** What a REQ has besides its filters: the verb, an id, commas. */
const REQ_OVERHEAD_BYTES = 80;

/** The length of a text in bytes of UTF-8. */
export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/** How many filters a REQ has, and its length in bytes. */
export function reqSize(filters: readonly NostrFilter[]): { filters: number; bytes: number } {
  return {
    filters: filters.length,
    bytes: bytesOf(JSON.stringify(filters)) + REQ_OVERHEAD_BYTES,
  };
}
