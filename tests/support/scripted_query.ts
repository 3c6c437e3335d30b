/**
 * One answer of a scripted relay, and all that comes of it.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { RelayQuery, type RelayQueryOptions } from "../../src/connections/relay_query.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { CountedController } from "./counted_signal.ts";
import { SessionTest } from "./scripted_connection.ts";

/** See the module. */
export class AnswerTest extends SessionTest {
  readonly answer: RelayQuery;
  readonly controller: CountedController = new CountedController();
  readonly events: NostrEvent[] = [];
  /** How often it told that it goes on. */
  progress = 0;
  /** How it came to its end: `fine`, or why not. */
  outcome?: "fine" | RelayFailureError;
  /** How a REQ ended that was to stay open. */
  over?: RelayFailureError;

  constructor(script: Script = {}, options: Partial<RelayQueryOptions> = {}) {
    super(script);
    const { clock, fake } = this.network;
    this.answer = new RelayQuery(this.session, {
      clock,
      memory: fake.memory,
      random: () => 0.5,
      maxPages: 20,
      onEvent: (event) => this.events.push(event),
      onProgress: () => this.progress++,
      ...options,
    }, this.controller.signal);
    this.answer.ended.then((error) => this.over = error);
  }

  /** Asks, and notes how that ends. */
  ask(...filters: NostrFilter[]): void {
    this.answer.requestStored(filters).then(
      () => this.outcome = "fine",
      (error) => this.outcome = error,
    );
  }
}
