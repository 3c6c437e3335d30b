/**
 * Recognizes pubkeys, and sorts them, so that a plan does not depend on the order in which an
 * app names people.
 *
 * @module
 */

const HEX_64 = /^[0-9a-f]{64}$/;

/** Whether a value is a pubkey as NIP-01 defines it: 64 lowercase hex characters. */
export function isPubkey(value: unknown): value is string {
  return typeof value === "string" && HEX_64.test(value);
}

/**
 * The order that sorts pubkeys by code unit, as indexes in the array.
 *
 * Pubkeys are spread evenly, so with one bucket for each combination of leading digits there
 * is next to nothing to compare: the sort is linear, and several times faster than `sort()` at
 * 10,000. Strings that are not hex, or that crowd one bucket, are sorted as usual.
 */
export function sortedOrder(pubkeys: readonly string[]): Uint32Array {
  const digits = pubkeys.length < 256 ? 2 : pubkeys.length < 4096 ? 3 : 4;
  const next = new Uint32Array(16 ** digits + 1);
  const buckets = new Int32Array(pubkeys.length + 1);
  for (let i = 0; i < pubkeys.length; i++) {
    const bucket = bucketOf(pubkeys[i], digits);
    if (bucket < 0 || next[bucket + 1] === MAX_BUCKET_SIZE) return plainOrder(pubkeys);
    buckets[i] = bucket;
    next[bucket + 1]++;
  }
  for (let bucket = 1; bucket < next.length; bucket++) next[bucket] += next[bucket - 1];

  // An entry that is still empty points past the end, to a bucket of its own, so that nothing
  // is moved out of its bucket.
  buckets[pubkeys.length] = -1;
  const order = new Uint32Array(pubkeys.length).fill(pubkeys.length);
  for (let i = 0; i < pubkeys.length; i++) {
    let at = next[buckets[i]]++;
    for (; at > 0 && buckets[order[at - 1]] === buckets[i]; at--) {
      if (pubkeys[order[at - 1]] <= pubkeys[i]) break;
      order[at] = order[at - 1];
    }
    order[at] = i;
  }
  return order;
}

/** Pubkeys, each once, in the order of their first occurrence. */
export function distinct(pubkeys: readonly string[], order: Uint32Array): readonly string[] {
  for (let i = 1; i < order.length; i++) {
    if (pubkeys[order[i]] === pubkeys[order[i - 1]]) return [...new Set(pubkeys)];
  }
  return pubkeys;
}

/** More pubkeys than chance would put in one bucket: somebody chose them. */
const MAX_BUCKET_SIZE = 512;

/** The leading hex digits as a number; negative if one is not a lowercase hex digit. */
function bucketOf(text: string, digits: number): number {
  let bucket = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) bucket = bucket << 4 | code - 48;
    else if (code >= 97 && code <= 102) bucket = bucket << 4 | code - 87;
    else return -1;
  }
  return bucket;
}

function plainOrder(pubkeys: readonly string[]): Uint32Array {
  const order = Uint32Array.from(pubkeys.keys());
  return order.sort((a, b) => pubkeys[a] < pubkeys[b] ? -1 : pubkeys[a] > pubkeys[b] ? 1 : a - b);
}
