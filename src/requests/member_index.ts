/**
 * Finds whose filters an event matches without trying all filters.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import { varyingEntry } from "../nostr/join_filters.ts";

/** Values by filters, found by the events that the filters match. */
export class MemberIndex<T> {
  readonly #entries = new Map<T, NostrFilter[]>();
  /** Values by one thing that their events must have: an author, an id or the value of a tag. */
  readonly #byKey = new Map<string, Set<T>>();

  /** Adds a value, once. */
  add(filters: readonly NostrFilter[], value: T): void {
    this.#entries.set(value, [...filters]);
    for (const key of keysOf(filters)) {
      const values = this.#byKey.get(key);
      if (values) values.add(value);
      else this.#byKey.set(key, new Set([value]));
    }
  }

  /** Removes a value. */
  delete(filters: readonly NostrFilter[], value: T): void {
    this.#entries.delete(value);
    for (const key of keysOf(filters)) {
      const values = this.#byKey.get(key);
      if (values?.delete(value) && values.size === 0) this.#byKey.delete(key);
    }
  }

  /** The values whose filters match an event, each once. */
  of(event: NostrEvent): T[] {
    const { id, pubkey, tags } = event;
    const keys = new Set(["", `authors:${pubkey}`, `ids:${id}`]);
    for (const [name, value] of tags) keys.add(`#${name}:${value}`);
    const found = new Set([...keys].flatMap((key) => [...this.#byKey.get(key) ?? []]));
    return [...found].filter((value) => matchFilters(this.#entries.get(value)!, event));
  }
}

/** One key for each value that may differ, or an empty one for a filter without such values. */
function keysOf(filters: readonly NostrFilter[]): string[] {
  return filters.flatMap((filter) => {
    const [key, values] = varyingEntry(filter) ?? [];
    return values?.map((value) => `${key}:${value}`) ?? [""];
  });
}
