/**
 * A program on PostgreSQL. Its argument is the URL of a server; without one it shows that the
 * entry loads, and what it says of a server that is not there.
 *
 * @module
 */

import { openPostgres } from "@npool/outbox/postgres";
import { finalizeEvent, generateSecretKey } from "nostr-tools";
import assert from "node:assert/strict";
import process from "node:process";

const [url] = process.argv.slice(2);
if (url) {
  const db = await openPostgres(url);
  const event = finalizeEvent(
    { kind: 1, created_at: 1_700_000_000, tags: [], content: "" },
    generateSecretKey(),
  );
  await db.event(event);
  assert.equal((await db.query([{ ids: [event.id] }])).length, 1);
  await db.close();
} else {
  await assert.rejects(openPostgres("postgres://127.0.0.1:1/none"), /^Error: Cannot open Postgre/);
}
