/**
 * An outbox in an `NPool`, on a scripted network.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "../../src/create_outbox.ts";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { ScriptedNetwork } from "../../testing/scripted_network.ts";
import "./loaded_parts.ts";

/** Creates an outbox that asks no relay unless a list or an option names it. */
export function scriptedOutbox(network: ScriptedNetwork, options: OutboxOptions = {}) {
  const errors: Error[] = [];
  const outbox = createOutbox({
    clock: network.clock,
    open: network.open,
    random: () => 0.5,
    indexerRelays: [],
    relayInfo: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { network, outbox, errors, pool: new NPool(outbox) };
}
