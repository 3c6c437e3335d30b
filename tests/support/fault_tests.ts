/**
 * Registers tests of faults, and checks that each fault has one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";

/** The author of {@link posts}. */
export const alice: Signer = new Signer(1);
/** An author without posts. */
export const bob: Signer = new Signer(2);
/** Alice's posts, the newest first. */
export const posts = [3, 2, 1, 0].map((n) => alice.sign({ created_at: 1_700_000_000 + n }));
/** A filter for them. */
export const FILTER = { kinds: [1], authors: [alice.pubkey] };
/** The messages that answer subscription `a` with them. */
export const EVENTS: readonly unknown[][] = posts.map((post) => ["EVENT", "a", post]);

const tested = new Set<FaultName>();

/** Registers a test of one fault, or of each of several that look the same. */
export function testFault(
  claim: string,
  names: FaultName | readonly FaultName[],
  run: (name: FaultName) => Promise<void>,
): void {
  for (const name of [names].flat() as FaultName[]) {
    tested.add(name);
    Deno.test(`Fault "${name}": ${claim}`, () => run(name));
  }
}

/** Registers a test that exactly these faults were tested. */
export function testAll(what: string, names: readonly string[]): void {
  Deno.test(`Faults of ${what} each have a test`, () => {
    assert.deepEqual([...tested].sort(), [...names].sort());
    assert.throws(() => startFault("no-such-fault" as FaultName), RangeError);
  });
}
