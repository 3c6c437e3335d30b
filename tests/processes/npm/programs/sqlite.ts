/**
 * A program whose event outlives a database connection.
 *
 * @module
 */

import { openSqlite } from "@npool/outbox/sqlite";
import { finalizeEvent, generateSecretKey } from "nostr-tools";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = await mkdtemp(join(tmpdir(), "outbox-"));
const path = join(folder, "outbox.sqlite3");
const event = finalizeEvent(
  { kind: 1, created_at: 1_700_000_000, tags: [["t", "greeting"]], content: "" },
  generateSecretKey(),
);

const first = await openSqlite(path);
await first.event(event);
await first.close();

const second = await openSqlite(path);
const [found] = await second.query([{ kinds: [1], "#t": ["greeting"] }]);
assert.equal(found.id, event.id);
await second.close();
await rm(folder, { recursive: true });
