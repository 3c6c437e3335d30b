/**
 * A program that starts the worker for signatures from its entry, as a bundle would name it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";

const worker = new Worker(new URL(import.meta.resolve("@npool/outbox/verify_worker")));
const said = await new Promise((resolve, reject) => {
  worker.once("message", resolve);
  worker.once("error", reject);
});
assert.equal(said, "ready");
await worker.terminate();
