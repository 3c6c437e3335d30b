/**
 * One leg of a request at scripted relays, and all that it tells.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { type LegOptions, type LegOutcome, RelayLeg } from "../../src/relay_leg.ts";
import { CountedController } from "./counted_signal.ts";
import { RELAY, ScriptedNetwork } from "./scripted_network.ts";
import type { Script } from "./scripted_relay.ts";
import { START } from "./test_clock.ts";

/** See the module. */
export class LegTest extends ScriptedNetwork {
  readonly controller: CountedController = new CountedController();
  readonly events: NostrEvent[] = [];
  readonly outcomes: LegOutcome[] = [];
  /** What it told besides events, and how many milliseconds from the beginning. */
  readonly told: string[] = [];
  /** Whether it has come to its end. */
  isOver = false;

  constructor(
    script: Script = {},
    filters: readonly NostrFilter[] = [{ kinds: [1] }],
    options: Partial<LegOptions> = {},
  ) {
    super(script);
    const leg = new RelayLeg(this.link(RELAY, { idleTimeout: 1_000_000 }), filters, {
      clock: this.clock,
      memory: this.fake.memory,
      random: () => 0.5,
      maxPages: 20,
      rank: 0,
      ...options,
    }, {
      event: (event) => this.events.push(event),
      late: () => this.#tells("late"),
      lost: () => this.#tells("lost"),
      settled: (outcome) => {
        this.outcomes.push(outcome);
        const { answered, complete, error } = outcome;
        const how = answered ? (complete ? "complete" : "cut") : error?.reason;
        this.#tells(`settled ${how}`);
      },
    });
    leg.run(this.controller.signal).then(() => this.isOver = true);
  }

  #tells(what: string): void {
    this.told.push(`${this.clock.now() - START * 1000} ${what}`);
  }
}
