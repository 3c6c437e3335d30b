/**
 * Splits one filter into parts whose JSON is short enough.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { bytesOf } from "./req_size.ts";

/** A filter and the length of its JSON. */
export interface MeasuredFilter {
  /** The filter. */
  readonly filter: NostrFilter;
  /** The length of its JSON in bytes of UTF-8, as it is sent. */
  readonly bytes: number;
}

/**
 * strfry refuses a list whose values have more bytes, however short the message is; 64 hex digits
 * count as 32, so 2,047 pubkeys pass.
 */
const MAX_LIST_BYTES = 65_535;

/** Keys where one matching value is enough; under other keys all values may have to match. */
export const ALTERNATIVES = /^(?:ids|authors|kinds|#.+)$/;

/**
 * Splits a filter into parts that together match what it matches, in the order of its lists.
 *
 * A filter that fits is returned as it is. Otherwise the longest list is cut (64 hex digits count
 * as 32), and if that is not enough, the longest list of each part. A filter that no cut can make
 * short enough is returned too long.
 *
 * @param filter The filter.
 * @param room The most bytes of JSON that a part may have.
 */
export function splitFilter(filter: NostrFilter, room: number): MeasuredFilter[] {
  const bytes = bytesOf(JSON.stringify(filter));
  // A filter this short has no list that is too long.
  if (bytes <= room && bytes <= MAX_LIST_BYTES) return [{ filter, bytes }];

  const lists = listsOf(filter);
  if (bytes <= room && lists.every((list) => list.bytes <= list.most)) return [{ filter, bytes }];
  const least = lists.reduce((sum, list) => sum - list.bytes + 1 + list.least, bytes);
  if (least > room) return [{ filter, bytes }];

  const list = lists.reduce((a, b) => b.bytes / b.most > a.bytes / a.most ? b : a);
  const left = Math.min(room - (bytes - list.bytes), list.most);
  // If the rest of the filter leaves little room, it must shrink as well.
  const parts = left < room / 2 && left < list.bytes / 2 && lists.length > 1
    ? splitInTwo(list)
    : splitInParts(list, left);
  return parts.flatMap((values) => splitFilter({ ...filter, [list.name]: values }, room));
}

/** A list of at least two alternatives. */
interface List {
  readonly name: string;
  readonly values: readonly unknown[];
  /** What each value adds to the JSON, with a comma, in bytes. */
  readonly costs: readonly number[];
  /** The smallest of these. */
  readonly least: number;
  /** The length of the list's JSON, in bytes. */
  readonly bytes: number;
  /** The longest that JSON may be, in bytes. */
  readonly most: number;
}

function listsOf(filter: NostrFilter): List[] {
  return Object.entries(filter).flatMap(([name, values]) => {
    if (!Array.isArray(values) || values.length < 2 || !ALTERNATIVES.test(name)) return [];
    const costs = values.map((value: unknown) => costOf(value));
    const bytes = costs.reduce((sum, cost) => sum + cost, 1);
    const least = costs.reduce((a, b) => Math.min(a, b));
    const isHex = costs.every((cost) => cost === HEX_VALUE_BYTES);
    return [{ name, values, costs, bytes, least, most: MAX_LIST_BYTES * (isHex ? 2 : 1) }];
  });
}

/** Splits a list into two consecutive parts of about the same length. */
function splitInTwo({ values, costs, bytes }: List): unknown[][] {
  let end = 1;
  for (let sum = costs[0]; end < values.length - 1 && sum < bytes / 2; end++) sum += costs[end];
  return [values.slice(0, end), values.slice(end)];
}

/**
 * Splits a list into as few consecutive parts as possible, of about the same length, none longer
 * than `most` bytes.
 */
function splitInParts({ values, costs, bytes }: List, most: number): unknown[][] {
  const even = bytes / Math.ceil((bytes - 1) / (most - 1));
  const parts: unknown[][] = [];
  let length = Infinity;
  values.forEach((value, i) => {
    if (length >= even || length + costs[i] > most) {
      parts.push([]);
      length = 1;
    }
    parts[parts.length - 1].push(value);
    length += costs[i];
  });
  return parts;
}

/** What 64 hex digits add to the JSON: quotes, a comma and themselves. */
const HEX_VALUE_BYTES = 67;

function costOf(value: unknown): number {
  const isHex = typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
  return isHex ? HEX_VALUE_BYTES : bytesOf(JSON.stringify(value)) + 1;
}
