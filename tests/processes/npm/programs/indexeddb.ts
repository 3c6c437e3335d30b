/**
 * A program without a browser: the entry loads, and says what it lacks.
 *
 * @module
 */

import { openIndexedDb } from "@npool/outbox/indexeddb";
import assert from "node:assert/strict";

await assert.rejects(openIndexedDb("outbox"), /^Error: Cannot open .*IndexedDB/i);
