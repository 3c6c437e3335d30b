/**
 * People by number, and their relay lists.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { START } from "../../testing/test_clock.ts";
import { listEvent } from "./list_store.ts";

/** The nth person. */
export const person = (n: number): string => n.toString(16).padStart(64, "0");
/** The first so many people. */
export const people = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => person(i));
/** The 7th person. */
export const P: string = person(7);
/** The kind 10002 list of the nth person. */
export const list = (n: number, created_at = START): NostrEvent =>
  listEvent(person(n), [`wss://${n}.example/`], created_at);
/** The lists of the first so many people. */
export const lists = (count: number): NostrEvent[] =>
  Array.from({ length: count }, (_, i) => list(i));
