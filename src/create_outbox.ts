/**
 * Creates an outbox, with the parts that it loads on demand.
 *
 * @module
 */

import type { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { learningPart, publishingPart, readingPart, sharingPart } from "./parts.ts";
import { wireOutbox } from "./wire_outbox.ts";

export type { Outbox } from "./outbox.ts";

/**
 * Creates an outbox: everything that `NPool` needs to follow the outbox model (NIP-65). It
 * finds relay lists, routes requests and events by them, keeps requests from hanging on
 * relays that fail, and learns what each relay is worth.
 *
 * @param options See {@link OutboxOptions}; an app sets `store` and `fallbackRelays` at least.
 * @returns A plain object for `new NPool(outbox)` or `new NPool({ ...outbox })`. Two
 * outboxes share nothing.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 *
 * @example All that an app writes
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * const db = await openSqlite(":memory:");
 * const outbox = createOutbox({
 *   store: db,
 *   fallbackRelays: ["wss://relay1.mostr.pub"],
 * });
 * const pool = new NPool(outbox);
 *
 * await pool.close();
 * await outbox.close();
 * await db.close();
 * ```
 */
export function createOutbox(options: OutboxOptions = {}): Outbox {
  return wireOutbox(options, { learningPart, publishingPart, readingPart, sharingPart });
}
