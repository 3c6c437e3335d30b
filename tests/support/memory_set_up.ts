/**
 * A memory of relays, with the time and what else it depends on under a test's hand.
 *
 * @module
 */

import { RelayMemory, type RelayMemoryOptions } from "../../src/relays/relay_memory.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { SECOND } from "./relay_records.ts";

/** A memory, of even dice if not said otherwise. */
export function setUp(options: Partial<RelayMemoryOptions> = {}) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const memory = new RelayMemory({
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...options,
  });
  /** A relay fails that was begun a second ago, while another works. */
  const fail = (url: string, failure: Parameters<RelayMemory["failed"]>[1] = "unreachable") => {
    memory.failed(url, failure, clock.now() - SECOND);
    memory.connected("wss://witness.example/", 100);
  };
  return { clock, errors, fail, memory };
}
