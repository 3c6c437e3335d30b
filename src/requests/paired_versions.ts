/**
 * The newest versions that relays of two rows sent of one subject: where they differ, one of them
 * is stale.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";

/** See the module. */
export class PairedVersions {
  /** By row and kind. */
  readonly #newest = new Map<number, Map<number, NostrEvent>>();

  /** Takes an event that a relay of a row sent. */
  add(row: number, event: NostrEvent): void {
    const kinds = this.#newest.get(row) ?? new Map<number, NostrEvent>();
    this.#newest.set(row, kinds);
    const other = kinds.get(event.kind);
    if (!other || other.created_at < event.created_at) kinds.set(event.kind, event);
  }

  /** Whether two rows have the same versions, and any. */
  agree(row: number, partner: number): boolean {
    const [one, other] = [this.#newest.get(row), this.#newest.get(partner)];
    return one !== undefined && one.size === other?.size &&
      [...one].every(([kind, { id }]) => other.get(kind)?.id === id);
  }
}
