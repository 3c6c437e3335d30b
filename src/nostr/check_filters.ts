/**
 * Checks the form of filters (NIP-01), so that what is no filter is refused by name before any
 * relay is asked.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { show } from "../base/check_option.ts";
import { holdsSecret } from "./holds_secret.ts";

/**
 * Checks that filters have the form of NIP-01: lists are arrays of strings, `kinds` an array of
 * integers, `since`, `until` and `limit` finite numbers, `search` a string. Keys that are absent,
 * `undefined` or of no known form are let pass.
 *
 * @throws {TypeError} If a value has another type; the message names filter and key.
 * @throws {RangeError} If a number is none that NIP-01 allows.
 */
export function checkFilters(filters: readonly NostrFilter[]): void {
  if (!Array.isArray(filters)) {
    throw new TypeError(`${CANNOT}: the filters must be an array, got ${shown(filters)}`);
  }
  filters.forEach((filter: unknown, index) => {
    if (typeof filter !== "object" || filter === null || Array.isArray(filter)) {
      throw new TypeError(`${CANNOT}: filter ${index} must be an object, got ${shown(filter)}`);
    }
    for (const [key, value] of Object.entries(filter)) {
      if (value !== undefined) checkValue(key, value, `"${key}" of filter ${index}`);
    }
  });
}

const CANNOT = "Cannot plan a request";

function checkValue(key: string, value: unknown, name: string): void {
  if (key === "kinds") return checkList(value, name, "integers >= 0", isNatural);
  if (key === "ids" || key === "authors" || key.startsWith("#")) {
    return checkList(value, name, "strings", (one) => typeof one === "string");
  }
  if (key === "search" && typeof value !== "string") {
    throw new TypeError(`${CANNOT}: ${name} must be a string, got ${shown(value)}`);
  }
  if (key !== "since" && key !== "until" && key !== "limit") return;
  if (typeof value !== "number") {
    throw new TypeError(`${CANNOT}: ${name} must be a number, got ${shown(value)}`);
  }
  if (!Number.isFinite(value) || key === "limit" && !isNatural(value)) {
    const form = key === "limit" ? "an integer >= 0" : "a finite number of Unix seconds";
    throw new RangeError(`${CANNOT}: ${name} must be ${form}, got ${value}`);
  }
}

function checkList(
  value: unknown,
  name: string,
  form: string,
  isValid: (one: unknown) => boolean,
): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`${CANNOT}: ${name} must be an array of ${form}, got ${shown(value)}`);
  }
  // A loop, since `every` and `find` skip the holes of an array.
  for (const one of value) {
    if (isValid(one)) continue;
    throw new TypeError(`${CANNOT}: ${name} must be an array of ${form}, it has ${shown(one)}`);
  }
}

function isNatural(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/** A value as an error shows it. A secret key is not repeated. */
function shown(value: unknown): string {
  return typeof value === "string" && holdsSecret(value) ? "(a secret key)" : show(value);
}

/**
 * A filter in a form that every relay understands: `since` and `until` are whole seconds, `since`
 * is not negative, and an empty `search`, which restricts nothing, is left out. It matches the same
 * events, and is the same object if it was so.
 */
export function normalFilter(filter: NostrFilter): NostrFilter {
  const { since = 0, until = 0, search } = filter;
  if (isNatural(since) && Number.isInteger(until) && search?.trim() !== "") return filter;
  const normal = { ...filter };
  if (search?.trim() === "") delete normal.search;
  if (filter.since !== undefined) normal.since = Math.max(0, Math.ceil(since));
  if (filter.until !== undefined) normal.until = Math.floor(until);
  return normal;
}
