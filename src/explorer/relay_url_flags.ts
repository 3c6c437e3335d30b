/**
 * The parts of a policy that can be written down.
 *
 * @module
 */

import type { RelayUrlPolicy } from "../nostr/relay_policy.ts";

/** A policy without the app's own rule, which is code. */
export type RelayUrlFlags = Omit<RelayUrlPolicy, "allow">;

/** The names of these parts. */
export const RELAY_URL_FLAGS = [
  "allowLocal",
  "allowInsecure",
  "allowOnion",
] as const satisfies (keyof RelayUrlFlags)[];
