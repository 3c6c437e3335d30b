/**
 * One RelayQuery to a scripted relay, and all that it reports.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { RelayQuery } from "../../src/connections/relay_query.ts";
import type { RelayQueryOptions } from "../../src/connections/relay_query_options.ts";
import { type AnswerProof, weakestProof } from "../../src/nostr/answer_proof.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { CountedController } from "./counted_signal.ts";
import { ConnectionTest } from "./scripted_connection.ts";

/** A query, its connection and its reports. */
export class QueryTest extends ConnectionTest {
  readonly query: RelayQuery;
  readonly controller: CountedController = new CountedController();
  readonly events: NostrEvent[] = [];
  /** How often the query reported progress. */
  progress = 0;
  /** How the stored events came to their end: `fine`, or why not. */
  outcome?: "fine" | RelayFailureError;
  /** Why a REQ ended that was to stay open. */
  endedBy?: RelayFailureError;

  constructor(script: Script = {}, options: Partial<RelayQueryOptions> = {}) {
    super(script);
    this.query = this.another(options);
    this.query.ended.then((error) => this.endedBy = error);
  }

  /** Another query on the same connection. */
  another(options: Partial<RelayQueryOptions> = {}): RelayQuery {
    const { clock, fake } = this.network;
    return new RelayQuery(this.connection, {
      clock,
      memory: fake.memory,
      random: () => 0.5,
      maxPages: 20,
      onEvent: (event) => this.events.push(event),
      onProgress: () => this.progress++,
      ...options,
    }, this.controller.signal);
  }

  /** What the whole answer proves. */
  get proof(): AnswerProof {
    return weakestProof(this.query.proofs.values());
  }

  /** Requests stored events, and notes how that ends. */
  request(...filters: NostrFilter[]): void {
    this.query.requestStored(filters).then(
      () => this.outcome = "fine",
      (error) => this.outcome = error,
    );
  }
}
