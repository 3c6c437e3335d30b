/**
 * Tests of faults, with an eye on whether each has one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";

/** Who posts. */
export const alice: Signer = new Signer(1);
/** Who does not. */
export const bob: Signer = new Signer(2);
/** Alice's posts, the newest first. */
export const posts = [3, 2, 1, 0].map((n) => alice.sign({ created_at: 1_700_000_000 + n }));
/** What asks for them. */
export const FILTER = { kinds: [1], authors: [alice.pubkey] };
/** How they are answered to subscription `a`. */
export const EVENTS: readonly unknown[][] = posts.map((post) => ["EVENT", "a", post]);

const tested = new Set<FaultName>();

/** A test of one fault, or of each of several that look the same. */
export function testFault(
  claim: string,
  names: FaultName | readonly FaultName[],
  run: (name: FaultName) => Promise<void>,
): void {
  for (const name of [names].flat() as FaultName[]) {
    tested.add(name);
    Deno.test(`fault "${name}": ${claim}`, () => run(name));
  }
}

/** A test that all of these had theirs, and that they are the only ones. */
export function testAll(what: string, names: readonly string[]): void {
  Deno.test(`every fault of ${what} has a test`, () => {
    assert.deepEqual([...tested].sort(), [...names].sort());
    assert.throws(() => startFault("no-such-fault" as FaultName), RangeError);
  });
}
