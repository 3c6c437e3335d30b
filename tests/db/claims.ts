/**
 * The form of the claims of which the contract of stores is made.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import type { Sign } from "./events.ts";

/** What a claim's test gets. */
export interface ClaimContext {
  /** Opens an empty store, and closes the one opened before. */
  readonly open: () => Promise<NStore>;
  readonly sign: Sign;
  /** How often a property is tried. */
  readonly runs: number;
}

/** Claims by the words of the test. */
export type Claims = Readonly<
  Record<string, (context: ClaimContext) => Promise<void>>
>;
