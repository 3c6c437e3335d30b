/**
 * Finds whose filters an event matches without trying all filters.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import { varyingEntry } from "../nostr/join_filters.ts";

/** Values by filters, found by the events that the filters match. */
export class MemberIndex<T> {
  /**
   * Values by one thing that their events must have: an author, an id or the value of a tag; each
   * with the rest of its filters, so that nobody looks for an author among hundreds again.
   */
  readonly #byKey = new Map<string, Map<T, NostrFilter[]>>();

  /** Adds a value, once. */
  add(filters: readonly NostrFilter[], value: T): void {
    for (const filter of filters) {
      const rest = restOf(filter);
      for (const key of keysOf(filter)) {
        let values = this.#byKey.get(key);
        if (!values) this.#byKey.set(key, values = new Map());
        const rests = values.get(value);
        if (rests) rests.push(rest);
        else values.set(value, [rest]);
      }
    }
  }

  /** Removes a value. */
  delete(filters: readonly NostrFilter[], value: T): void {
    for (const key of filters.flatMap(keysOf)) {
      const values = this.#byKey.get(key);
      if (values?.delete(value) && values.size === 0) this.#byKey.delete(key);
    }
  }

  /** The values whose filters match an event, each once. */
  of(event: NostrEvent): T[] {
    const { id, pubkey, tags } = event;
    const keys = new Set(["", `authors:${pubkey}`, `ids:${id}`]);
    for (const [name, value] of tags) keys.add(`#${name}:${value}`);
    const found = new Set<T>();
    for (const key of keys) {
      for (const [value, rests] of this.#byKey.get(key) ?? []) {
        if (rests.some((rest) => matchFilter(rest, event))) found.add(value);
      }
    }
    return [...found];
  }
}

/** One key for each value that may differ, or an empty one for a filter without such values. */
function keysOf(filter: NostrFilter): string[] {
  const [key, values] = varyingEntry(filter) ?? [];
  return values?.map((value) => `${key}:${value}`) ?? [""];
}

/** What a filter says besides. */
function restOf(filter: NostrFilter): NostrFilter {
  const [key] = varyingEntry(filter) ?? [];
  return key === undefined ? filter : { ...filter, [key]: undefined };
}
