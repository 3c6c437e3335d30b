/**
 * A program that starts the package's worker, and has it verify an event and a forged one.
 *
 * @module
 */

import "@npool/outbox/verify_worker";
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { finalizeEvent, generateSecretKey, serializeEvent } from "nostr-tools/pure";

const draft = { kind: 1, created_at: 1_700_000_000, tags: [], content: "hello" };
const event = finalizeEvent(draft, generateSecretKey());
const text = serializeEvent(event);
const items = [[event.id, event.sig, text], [event.id, event.sig, text.replace("hello", "bye")]];

const worker = new Worker(new URL(import.meta.resolve("@npool/outbox/verify_worker")));
const answer = await new Promise<unknown>((resolve, reject) => {
  worker.on("error", reject);
  worker.on("message", (message: unknown) => {
    if (message === "ready") worker.postMessage({ batch: 1, items });
    else resolve(message);
  });
});
assert.deepEqual(answer, { batch: 1, valid: [true, false] });
await worker.terminate();
