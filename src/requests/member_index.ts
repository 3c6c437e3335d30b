/**
 * Finds whose filters an event matches without trying all filters.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import { varyingEntry } from "../nostr/request_shape.ts";

/** A value, until it is deleted. */
interface Entry<T> {
  readonly value: T;
  isDeleted: boolean;
}

/** Filters that differ in the values of one key alone. */
interface Alike<T> {
  /** What they say besides. */
  readonly rest: NostrFilter;
  /** The key, and who names which of its values; absent for filters without such values. */
  readonly key?: string;
  /** By the value of the key. */
  readonly entries: Map<string, Entry<T>[]>;
}

/** Values by filters, found by the events that the filters match. */
export class MemberIndex<T> {
  /** By what the filters say besides: members of one request share that. */
  readonly #alike = new Map<string, Alike<T>>();
  readonly #entries = new Map<T, Entry<T>>();
  #deleted = 0;

  /** Adds a value, once. */
  add(filters: readonly NostrFilter[], value: T): void {
    const entry = { value, isDeleted: false };
    this.#entries.set(value, entry);
    for (const filter of filters) {
      const [key, names = [""]] = varyingEntry(filter) ?? [];
      const { entries } = this.#likeIt(filter, key);
      for (const name of names) {
        const others = entries.get(name);
        // A filter may name something twice.
        if (!others) entries.set(name, [entry]);
        else if (others.at(-1) !== entry) others.push(entry);
      }
    }
  }

  /** Removes a value. Where it stood is cleared once half of all values are removed. */
  delete(value: T): void {
    const entry = this.#entries.get(value);
    if (!entry) return;
    entry.isDeleted = true;
    this.#entries.delete(value);
    if (++this.#deleted > this.#entries.size) this.#clear();
  }

  /** The values whose filters match an event, each once. */
  of(event: NostrEvent): T[] {
    const values: T[] = [];
    let lists = 0;
    for (const { rest, key, entries } of this.#alike.values()) {
      if (!matchFilter(rest, event)) continue;
      for (const name of namesOf(event, key)) {
        const some = entries.get(name);
        if (!some) continue;
        lists++;
        // Loops: with `flatMap()` this takes six times as long.
        for (const { value, isDeleted } of some) if (!isDeleted) values.push(value);
      }
    }
    return lists > 1 ? [...new Set(values)] : values;
  }

  #likeIt(filter: NostrFilter, key?: string): Alike<T> {
    const rest = key === undefined ? filter : { ...filter, [key]: undefined };
    const text = JSON.stringify([key, rest]);
    let alike = this.#alike.get(text);
    if (!alike) this.#alike.set(text, alike = { rest, key, entries: new Map() });
    return alike;
  }

  #clear(): void {
    this.#deleted = 0;
    for (const [text, { entries }] of this.#alike) {
      for (const [name, some] of entries) {
        const left = some.filter(({ isDeleted }) => !isDeleted);
        if (left.length > 0) entries.set(name, left);
        else entries.delete(name);
      }
      if (entries.size === 0) this.#alike.delete(text);
    }
  }
}

/** The values of a key that an event has; an empty one for no key. */
function namesOf({ id, pubkey, tags }: NostrEvent, key?: string): Iterable<string> {
  if (key === undefined) return [""];
  if (key === "authors") return [pubkey];
  if (key === "ids") return [id];
  return new Set(tags.flatMap(([name, value]) => key === `#${name}` ? value ?? [] : []));
}
