/**
 * The parts of an outbox that a program loads when it first needs them: a bundler makes a file of
 * each. What the first request needs is in none of them.
 *
 * @module
 */

import { OnDemand } from "./base/on_demand.ts";
import { verifyThreads } from "./signatures/verify_threads.ts";

/** A part whose loading fails with an error that says what could not be done. */
function part<T>(action: string, load: () => Promise<T>): OnDemand<T> {
  return new OnDemand(() =>
    load().catch((cause: unknown) => {
      throw new Error(
        `Cannot ${action}: a part of @npool/outbox could not be loaded. The next call tries again`,
        { cause },
      );
    })
  );
}

/** What learns from the answers of relays: loaded for the first of them. */
export const learningPart = part(
  "learn from what relays answer",
  () => import("./learning_part.ts"),
);

/** Feeds, and what an app asks the outbox itself: loaded for the first feed or question. */
export const readingPart = part("read a feed or answer a question", async () => {
  const [reading] = await Promise.all([import("./reading_part.ts"), learningPart.load()]);
  return reading;
});

/**
 * What publishes: loaded for the first event, or if a stored one may still wait for relays; and when
 * a relay refuses something without a sign-in (NIP-42), if there is anybody to sign in as.
 */
export const publishingPart = part("publish or sign in", () => import("./publishing_part.ts"));

/** What requests share: loaded when several of one shape are made together. */
export const sharingPart = part(
  "plan requests together, so each goes out by itself",
  () => import("./sharing_part.ts"),
);

/** Loads all parts. @throws {Error} If one cannot be loaded. */
export async function loadParts(): Promise<void> {
  const parts = [readingPart, publishingPart, sharingPart, verifyThreads];
  await Promise.all(parts.map((part) => part.load()));
}
