/**
 * What one relay answers only to somebody who has signed in (NIP-42): a query for each identity, on
 * a connection of its own.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { within } from "../base/within.ts";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { SIGN_IN_TIMEOUT_MS, type SignIn } from "./identity.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";
import { RelayQuery } from "./relay_query.ts";
import type { QueryRequests, RelayQueryOptions } from "./relay_query_options.ts";

/** Dependencies and settings of {@link NamedQueries}. */
export interface NamedQueriesOptions extends Omit<RelayQueryOptions, "onAuthRequired"> {
  readonly signIn: Pick<SignIn<RelayConnector>, "refused">;
  readonly url: string;
  /** What requests filters for which nobody signs in. */
  readonly anonymous: QueryRequests;
  /** Called when a query ends. */
  readonly onEnded: (error: RelayFailureError) => void;
}

/** How filters are requested from one of the queries. */
export type Ask = (query: QueryRequests, filters: readonly NostrFilter[]) => Promise<void>;

/** Filters by the connector that they go over; `undefined` is for the connection without a name. */
type Routes = ReadonlyMap<RelayConnector | undefined, readonly NostrFilter[]>;

/** A query on a connection that signs in. */
interface Part {
  readonly connection: RelayConnection;
  readonly query: RelayQuery;
}

/** See the module. */
export class NamedQueries {
  readonly #options: NamedQueriesOptions;
  readonly #signal: AbortSignal;
  readonly #connecting = new Map<RelayConnector, Promise<Part>>();
  readonly #parts = new Set<Part>();

  /** Connects to nothing yet. */
  constructor(options: NamedQueriesOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** The queries so far, each with its connection. */
  get parts(): readonly Part[] {
    return [...this.#parts];
  }

  /** Requests filters, each over the connector that is known for it. */
  async ask(
    filters: readonly NostrFilter[],
    connectors: readonly (RelayConnector | undefined)[],
    ask: Ask,
  ): Promise<void> {
    const { anonymous } = this.#options;
    await Promise.all([...routesOf(filters, connectors)].map(async ([connector, some]) => {
      if (this.#signal.aborted) return;
      if (!connector || !await this.#askAs(connector, some, ask)) await ask(anonymous, some);
    }));
  }

  /**
   * Requests again what the relay refused without a sign-in, for which it waits some seconds.
   *
   * @returns What the answers prove, of the filters that were answered.
   */
  async refused(
    filters: readonly NostrFilter[],
    ask: Ask,
  ): Promise<ReadonlyMap<NostrFilter, AnswerProof>> {
    const proofs = new Map<NostrFilter, AnswerProof>();
    const routes = await this.#routesAfterRefusal(filters);
    await Promise.all([...routes].map(async ([connector, some]) => {
      if (!connector || this.#signal.aborted) return;
      const answers = await this.#askAs(connector, some, ask);
      if (!answers) return;
      // A filter that is requested in parts stands there in parts.
      const parts = [...answers].flatMap(([filter, proof]) => some.includes(filter) ? [] : [proof]);
      for (const filter of some) proofs.set(filter, answers.get(filter) ?? weakestProof(parts));
    }));
    return proofs;
  }

  async #routesAfterRefusal(filters: readonly NostrFilter[]): Promise<Routes> {
    const { signIn, clock, url: relay } = this.#options;
    const decide = (filter: NostrFilter) =>
      within(signIn.refused({ relay, filter }), clock, SIGN_IN_TIMEOUT_MS, this.#signal);
    return routesOf(filters, await Promise.all(filters.map(decide)));
  }

  /**
   * Requests filters over a connection that signs in first.
   *
   * @returns What the answers prove; `undefined` if nobody could connect or sign in, or the relay
   * answered no REQ.
   */
  async #askAs(
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    ask: Ask,
  ): Promise<ReadonlyMap<NostrFilter, AnswerProof> | undefined> {
    try {
      const { connection, query } = await this.#part(connector);
      await connection.signIn(this.#signal);
      if (!this.#signal.aborted) await ask(query, filters);
      return query.proofs;
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      if (!(error instanceof RelayFailureError)) throw error;
      this.#options.onRelayError?.(error);
      return undefined;
    }
  }

  #part(connector: RelayConnector): Promise<Part> {
    const known = this.#connecting.get(connector);
    if (known) return known;
    const connecting = this.#connect(connector);
    const forget = () => void this.#connecting.delete(connector);
    this.#connecting.set(connector, connecting);
    connecting.then(({ connection }) => connection.onEnd(forget), forget);
    return connecting;
  }

  async #connect(connector: RelayConnector): Promise<Part> {
    const use = connector.use();
    let connection: RelayConnection;
    try {
      connection = await connector.connection(0, this.#signal);
    } catch (error) {
      use.release();
      throw error;
    }
    const query = new RelayQuery(connection, { ...this.#options, onWait: undefined }, this.#signal);
    const part = { connection, query };
    this.#parts.add(part);
    void query.ended.then(this.#options.onEnded);
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      connection.users--;
      use.release();
    };
    onAbort(this.#signal, release);
    connection.onEnd(release);
    return part;
  }
}

function routesOf(
  filters: readonly NostrFilter[],
  connectors: readonly (RelayConnector | undefined)[],
): Routes {
  const routes = new Map<RelayConnector | undefined, NostrFilter[]>();
  filters.forEach((filter, index) => {
    const connector = connectors[index];
    routes.set(connector, [...routes.get(connector) ?? [], filter]);
  });
  return routes;
}
