/**
 * A RelayMemory whose clock and other dependencies a test controls.
 *
 * @module
 */

import { RelayMemory, type RelayMemoryOptions } from "../../src/relays/relay_memory.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { SECOND_MS } from "./relay_records.ts";

/** Creates a memory without jitter, if not said otherwise. */
export function setUp(options: Partial<RelayMemoryOptions> = {}) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const memory = new RelayMemory({
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...options,
  });
  /** A relay fails after a second, while another relay works. */
  const fail = (url: string, failure: Parameters<RelayMemory["failed"]>[1] = "unreachable") => {
    memory.failed(url, failure, clock.now() - SECOND_MS);
    memory.connected("wss://witness.example/", 100);
  };
  return { clock, errors, fail, memory };
}
