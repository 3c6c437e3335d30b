/**
 * Verifies many events, for a page in a browser: `verifyMany()` does that there.
 *
 * @module
 */

import { finalizeEvent } from "nostr-tools/pure";
import { systemClock } from "../../src/base/clock.ts";
import { createWorker } from "../../src/signatures/create_worker.ts";
import { checkPlainly } from "../../src/signatures/signature_check.ts";
import { WorkerVerifier } from "../../src/signatures/worker_verifier.ts";

/** How often the result was wrong, and how many workers have answered. */
export interface Verified {
  readonly wrong: number;
  readonly workers: number;
}

const key = new Uint8Array(32).fill(7);
const events = Array.from({ length: 600 }, (_, i) => {
  const event = finalizeEvent({ kind: 1, created_at: i, tags: [], content: "genuine" }, key);
  const { id, pubkey, sig } = event;
  const content = i % 3 === 0 ? "forged" : "genuine";
  return { id, pubkey, sig, kind: 1, created_at: i, tags: [], content };
});

/** Verifies all events, a third of them forged, until a worker has answered or for some rounds. */
async function verifyMany(rounds: number): Promise<Verified> {
  const answered = new Set<unknown>();
  const verifier = new WorkerVerifier({
    clock: systemClock,
    check: checkPlainly,
    maxWorkers: 1,
    createWorker: (listener) =>
      createWorker({
        ...listener,
        message: (message) => {
          if (message !== "ready") answered.add(listener);
          listener.message(message);
        },
      }),
  });
  let wrong = 0;
  for (let round = 0; round < rounds && answered.size === 0; round++) {
    const results = await Promise.all(events.map((event) => verifier.verify(event)));
    wrong += results.filter((isValid, i) => isValid !== (i % 3 !== 0)).length;
  }
  verifier.close();
  return { wrong, workers: answered.size };
}

Object.assign(globalThis, { verifyMany });
