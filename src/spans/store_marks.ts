/**
 * How a later program knows a store again: ids of events that the store got. Pure.
 *
 * @module
 */

import { MAX_STORE } from "./span_text.ts";

/** Most stores that are known again. */
export const MAX_STORES = 8;
/** Most ids of one store. */
const MAX_IDS = 5;

/** The marks of one store. */
export interface StoreMarks {
  /** A small positive integer. */
  readonly store: number;
  /** Ids of events that it got. */
  readonly ids: readonly string[];
}

/** Whether a key is one of those under which marks are kept. */
export function isMarksKey(key: string): boolean {
  return /^store:[1-8]$/.test(key);
}

/** The key of a store's marks: a ninth store takes the place of the first. */
export function marksKey(store: number): string {
  return `store:${(store - 1) % MAX_STORES + 1}`;
}

/** Writes `2 id id`: the store, and its first ids; `undefined` if there is nothing to write. */
export function formatMarks({ store, ids }: StoreMarks): string | undefined {
  const text = [store, ...ids.filter(isId).slice(0, MAX_IDS)].join(" ");
  return parseMarks(text) && text;
}

/** Reads what {@link formatMarks} wrote; `undefined` for any other text. */
export function parseMarks(text: string): StoreMarks | undefined {
  const [store, ...ids] = text.split(" ", MAX_IDS + 2);
  if (!/^[1-9]\d{0,3}$/.test(store) || Number(store) > MAX_STORE) return undefined;
  if (ids.length === 0 || ids.length > MAX_IDS || !ids.every(isId)) return undefined;
  return { store: Number(store), ids };
}

function isId(id: unknown): boolean {
  return typeof id === "string" && /^[0-9a-f]{64}$/.test(id);
}
