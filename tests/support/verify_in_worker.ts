/**
 * A verifier that sends every event to a worker, one at a time: what is verified at once while
 * events are few is never so here.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import {
  createWorker,
  type VerifyWorker,
  type WorkerMessage,
} from "../../src/signatures/create_worker.ts";
import { signedText } from "../../src/signatures/signature_check.ts";

let worker: VerifyWorker | undefined;
let lastBatch = 0;
const waiting = new Map<number, (isValid: boolean) => void>();

/** Whether an event is genuine. The worker lives while anything waits for it. */
export function verifyInWorker(event: NostrEvent): Promise<boolean> {
  worker ??= createWorker({
    message: (data) => {
      const message = data as WorkerMessage;
      if (message === "ready") return;
      waiting.get(message.batch)!(message.valid[0]);
      waiting.delete(message.batch);
      if (waiting.size > 0) return;
      worker?.end();
      worker = undefined;
    },
    failed: (error) => {
      throw error;
    },
  });
  const batch = ++lastBatch;
  worker.post({ batch, items: [signedText(event)] });
  return new Promise((resolve) => waiting.set(batch, resolve));
}
