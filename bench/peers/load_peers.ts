/**
 * All peers that load from npm, and a line for each that does not.
 *
 * @module
 */

import { loadApplesauce } from "./applesauce.ts";
import { loadNdk } from "./ndk.ts";
import type { Planner } from "./planner.ts";
import { loadSnort } from "./snort.ts";
import { loadWelshman } from "./welshman.ts";

const LOADERS: Readonly<Record<string, () => Promise<Planner>>> = {
  "applesauce-core": loadApplesauce,
  "@welshman/router": loadWelshman,
  "@nostr-dev-kit/ndk": loadNdk,
  "@snort/system": loadSnort,
};

/** The peers that loaded, and the reasons why others did not. */
export interface Peers {
  /** Those that loaded. */
  readonly planners: readonly Planner[];
  /** One sentence for each that did not. */
  readonly absent: readonly string[];
}

/** Loads every peer. One that fails is left out and explained, not fatal. */
export async function loadPeers(): Promise<Peers> {
  const planners: Planner[] = [];
  const absent: string[] = [];
  for (const [name, load] of Object.entries(LOADERS)) {
    try {
      planners.push(await load());
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      absent.push(`${name} did not load and is missing below: ${reason}`);
    }
  }
  return { planners, absent };
}
