/**
 * The error for an event that its author has deleted.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { EventRefusedError } from "./errors.ts";

/** Refuses an event because of its author's `deletion`, which a store may not know by id. */
export function deletedError(event: NostrEvent, deletion?: NostrEvent): EventRefusedError {
  const { id, kind, pubkey } = event;
  const by = deletion ? ` by event ${deletion.id}` : "";
  return new EventRefusedError(
    "deleted",
    event,
    `the author ${pubkey} has deleted ${id}, of kind ${kind}${by}`,
  );
}
