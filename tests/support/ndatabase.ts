/**
 * A store with the rules of Nostrify's former `NDatabase`, as its last release had them.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import { isEphemeralKind, isReplaceableKind } from "nostr-tools/kinds";

/**
 * See the module. It takes a version of the same second for an older one, whatever its id,
 * and throws; so it does with an older one. An event that it holds already is no error.
 */
export class NDatabaseModel implements NStore {
  readonly events = new Map<string, NostrEvent>();
  /** How often `event` was called. */
  writes = 0;
  /** Fails the next writes, one after the other. */
  readonly failures: Error[] = [];

  async event(event: NostrEvent): Promise<void> {
    this.writes++;
    await Promise.resolve();
    const failure = this.failures.shift();
    if (failure) throw failure;
    if (isEphemeralKind(event.kind)) return;
    if (this.#isDeleted(event)) throw new Error("Cannot add a deleted event");
    if (isReplaceableKind(event.kind)) {
      const filter = { kinds: [event.kind], authors: [event.pubkey] };
      const before = this.#matching([filter]);
      if (before.some(({ created_at }) => event.created_at <= created_at)) {
        throw new Error("Cannot replace an event with an older event");
      }
      this.#delete(before);
    }
    if (event.kind === 5) {
      const ids = event.tags.filter(([name]) => name === "e").map(([, id]) => id);
      this.#delete(this.#matching([{ ids, authors: [event.pubkey] }]));
      for (const [name, address] of event.tags) {
        const [kind, pubkey] = address.split(":");
        if (name !== "a" || pubkey !== event.pubkey) continue;
        const filter = { kinds: [Number(kind)], authors: [pubkey], until: event.created_at };
        this.#delete(this.#matching([filter]));
      }
    }
    this.events.set(event.id, event);
  }

  async query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    await Promise.resolve();
    return this.#matching(filters);
  }

  async remove(filters: NostrFilter[]): Promise<void> {
    await Promise.resolve();
    this.#delete(this.#matching(filters));
  }

  #matching(filters: NostrFilter[]): NostrEvent[] {
    return [...this.events.values()].filter((event) => matchFilters(filters, event))
      .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
  }

  #delete(events: readonly NostrEvent[]): void {
    for (const { id } of events) this.events.delete(id);
  }

  #isDeleted({ id, kind, pubkey, created_at }: NostrEvent): boolean {
    return this.#matching([
      { kinds: [5], authors: [pubkey], "#e": [id] },
      { kinds: [5], authors: [pubkey], "#a": [`${kind}:${pubkey}:`], since: created_at },
    ]).length > 0;
  }
}
