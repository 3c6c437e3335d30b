/**
 * The parts of an outbox that a program loads when it first needs them: a bundler makes a file of
 * each. What the first request needs is in none of them.
 *
 * @module
 */

import { partOf } from "./base/on_demand.ts";
import { writingPart } from "./lists/write_lists.ts";
import { verifyThreads } from "./signatures/verify_threads.ts";

/**
 * What learns from the answers of relays, and changes open requests: loaded for the first answer, or
 * if relay lists are looked for.
 */
export const learningPart = partOf(
  "learn from what relays answer, or look for people and events",
  () => import("./learning_part.ts"),
);

/** Feeds, and what an app asks the outbox itself: loaded for the first feed or question. */
export const readingPart = partOf("read a feed or answer a question", async () => {
  const [reading] = await Promise.all([import("./reading_part.ts"), learningPart.load()]);
  return reading;
});

/**
 * What publishes: loaded for the first event, or if a stored one may still wait for relays; when a
 * relay has answered, if there is a `user`, who may publish offline; and when a relay refuses
 * something without a sign-in (NIP-42), if there is anybody to sign in as.
 */
export const publishingPart = partOf("publish or sign in", () => import("./publishing_part.ts"));

/** What requests share: loaded when several of one shape are made together. */
export const sharingPart = partOf(
  "plan requests together, so each goes out by itself",
  () => import("./sharing_part.ts"),
);

/** Loads all parts. @throws {Error} If one cannot be loaded. */
export async function loadParts(): Promise<void> {
  const parts = [readingPart, publishingPart, sharingPart, verifyThreads, writingPart];
  await Promise.all(parts.map((part) => part.load()));
}
