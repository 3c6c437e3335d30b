/**
 * One leg of a request at scripted relays, and all that it tells.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { RelayConnector } from "../../src/connections/relay_connector.ts";
import {
  RelayRequest,
  type RelayRequestOptions,
  type RelayRequestOutcome,
} from "../../src/connections/relay_request.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { START } from "../../testing/test_clock.ts";
import { CountedController } from "./counted_signal.ts";

/** A leg under way. */
export class Leg {
  readonly controller: CountedController = new CountedController();
  readonly events: NostrEvent[] = [];
  readonly outcomes: RelayRequestOutcome[] = [];
  /** What it told besides events, and how many milliseconds from the beginning. */
  readonly told: string[] = [];
  /** Whether it has come to its end. */
  isOver = false;

  constructor(link: RelayConnector, filters: readonly NostrFilter[], options: RelayRequestOptions) {
    const tells = (what: string) => this.told.push(`${options.clock.now() - START * 1000} ${what}`);
    const leg = new RelayRequest(link, filters, options, {
      event: (event) => this.events.push(event),
      late: () => tells("late"),
      lost: () => tells("lost"),
      settled: (outcome) => {
        this.outcomes.push(outcome);
        const { answered, complete, error } = outcome;
        const how = answered ? (complete ? "complete" : "cut") : error?.reason;
        tells(`settled ${how}`);
      },
    });
    leg.run(this.controller.signal).then(() => this.isOver = true);
  }
}

/** A leg and its surroundings; see the module. */
export class LegTest extends ScriptedNetwork {
  readonly leg: Leg;
  readonly #filters: readonly NostrFilter[];
  readonly #options: RelayRequestOptions;

  constructor(
    script: Script = {},
    filters: readonly NostrFilter[] = [{ kinds: [1] }],
    { retryAt, ...options }: Partial<RelayRequestOptions> & { retryAt?: number } = {},
  ) {
    super(script);
    if (retryAt !== undefined) this.fake.backOff(RELAY, retryAt);
    this.#filters = filters;
    this.#options = {
      clock: this.clock,
      memory: this.fake.memory,
      random: () => 0.5,
      maxPages: 20,
      rank: 0,
      onRelayError: (error) => this.failures.push(error),
      ...options,
    };
    this.leg = this.another();
  }

  /** Begins the same leg once more. */
  another(filters: readonly NostrFilter[] = this.#filters): Leg {
    return new Leg(this.link(RELAY, { idleTimeout: 1_000_000 }), filters, this.#options);
  }

  get events(): readonly NostrEvent[] {
    return this.leg.events;
  }

  get outcomes(): readonly RelayRequestOutcome[] {
    return this.leg.outcomes;
  }

  get told(): readonly string[] {
    return this.leg.told;
  }

  get controller(): CountedController {
    return this.leg.controller;
  }

  get isOver(): boolean {
    return this.leg.isOver;
  }
}
