/**
 * One RelayRequest at scripted relays, and all that it reports.
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
import { SteadyWork } from "./steady_work.ts";

/** A running request. */
export class ObservedRequest {
  readonly controller: CountedController = new CountedController();
  readonly events: NostrEvent[] = [];
  readonly outcomes: RelayRequestOutcome[] = [];
  /** What it reports besides events, each with the milliseconds since the test began. */
  readonly reports: string[] = [];
  /** Whether `run()` has resolved. */
  isOver = false;

  constructor(
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    options: RelayRequestOptions,
  ) {
    const reports = (what: string) =>
      this.reports.push(`${options.clock.now() - START * 1000} ${what}`);
    const request = new RelayRequest(connector, filters, options, {
      event: (event) => this.events.push(event),
      late: () => reports("late"),
      lost: () => reports("lost"),
      settled: (outcome) => {
        this.outcomes.push(outcome);
        const { answered, proof, error } = outcome;
        const how = answered ? (proof === "unknown" ? "cut" : "complete") : error?.reason;
        reports(`settled ${how}`);
      },
    });
    request.run(this.controller.signal).then(() => this.isOver = true);
  }
}

/** A request and its surroundings. */
export class RelayRequestTest extends ScriptedNetwork {
  readonly request: ObservedRequest;
  readonly #filters: readonly NostrFilter[];
  readonly #options: RelayRequestOptions;

  constructor(
    script: Script = {},
    filters: readonly NostrFilter[] = [{ kinds: [1] }],
    { retryAt, busy = 0, ...options }: Partial<RelayRequestOptions> & {
      readonly retryAt?: number;
      /** Which share of the time the program is busy. */
      readonly busy?: number;
    } = {},
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
      workload: new SteadyWork(this.clock, busy),
      ...options,
    };
    this.request = this.another();
  }

  /** Starts another request, with the same filters by default. */
  another(filters: readonly NostrFilter[] = this.#filters): ObservedRequest {
    return new ObservedRequest(
      this.link(RELAY, { idleTimeout: 1_000_000, random: this.#options.random }),
      filters,
      this.#options,
    );
  }

  get events(): readonly NostrEvent[] {
    return this.request.events;
  }

  get outcomes(): readonly RelayRequestOutcome[] {
    return this.request.outcomes;
  }

  get reports(): readonly string[] {
    return this.request.reports;
  }

  get controller(): CountedController {
    return this.request.controller;
  }

  get isOver(): boolean {
    return this.request.isOver;
  }
}
