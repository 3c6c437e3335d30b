/**
 * Puts an event into a database that is still to be sent.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { openSqlite } from "../../src/db/sqlite.ts";
import { publicationText } from "../../src/ledger/publication_text.ts";

const DAY_MS = 86_400_000;

/** Writes down an event that a relay was offered once, and is to be offered at once again. */
export async function writePending(file: string, event: NostrEvent, relay: string): Promise<void> {
  const text = publicationText({
    event,
    at: event.created_at * 1000,
    until: Date.now() + DAY_MS,
    targets: [{ relay, why: "own", state: "pending", tries: 1, nextAt: 1 }],
  });
  await using store = await openSqlite(file);
  await store.writeRecords("publication", new Map([[event.id, text]]));
}
