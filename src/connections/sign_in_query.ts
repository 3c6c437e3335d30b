/**
 * All that one relay answers to some filters: on a connection without a name, and what it answers
 * only to somebody who has signed in (NIP-42), each on a connection of its own.
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

/** Dependencies and settings of a {@link SignInQuery}. */
export interface SignInQueryOptions extends Omit<RelayQueryOptions, "onAuthRequired"> {
  /** Who signs in where. @default nobody does */
  readonly signIn?: SignIn<RelayConnector>;
}

/** How filters are requested from one of the queries. */
type Ask = (query: QueryRequests, filters: readonly NostrFilter[]) => Promise<void>;

/** Filters by the connector that they go over; `undefined` is for the connection without a name. */
type Routes = ReadonlyMap<RelayConnector | undefined, readonly NostrFilter[]>;

/** A query on a connection that signs in. */
interface Part {
  readonly connection: RelayConnection;
  readonly query: RelayQuery;
}

/** A {@link RelayQuery} over as many connections as there are identities. */
export class SignInQuery {
  readonly #connection: RelayConnection;
  readonly #options: SignInQueryOptions;
  readonly #signal: AbortSignal;
  readonly #anonymous: RelayQuery;
  readonly #ended = Promise.withResolvers<RelayFailureError>();
  readonly #connecting = new Map<RelayConnector, Promise<Part>>();
  readonly #parts = new Set<Part>();

  /** @param connection The connection without a name. */
  constructor(connection: RelayConnection, options: SignInQueryOptions, signal: AbortSignal) {
    this.#connection = connection;
    this.#options = options;
    this.#signal = signal;
    this.#anonymous = new RelayQuery(connection, {
      ...options,
      onAuthRequired: options.signIn && ((filters, ask) => this.#refused(filters, ask)),
    }, signal);
    void this.#anonymous.ended.then(this.#ended.resolve);
  }

  get #queries(): RelayQuery[] {
    return [this.#anonymous, ...[...this.#parts].map(({ query }) => query)];
  }

  /** See {@link RelayQuery.proofs}. */
  get proofs(): ReadonlyMap<NostrFilter, AnswerProof> {
    return new Map(this.#queries.flatMap(({ proofs }) => [...proofs]));
  }

  /** See {@link RelayQuery.ended}: of whichever ends first. */
  get ended(): Promise<RelayFailureError> {
    return this.#ended.promise;
  }

  /** See {@link RelayQuery.isPending}. */
  get isPending(): boolean {
    return this.#queries.some(({ isPending }) => isPending);
  }

  /** See {@link RelayQuery.verifying}. */
  get verifying(): Promise<void>[] {
    return this.#queries.flatMap(({ verifying }) => verifying);
  }

  /** See {@link RelayQuery.unansweredBytes}. */
  get unansweredBytes(): number {
    return this.#anonymous.unansweredBytes;
  }

  /** See {@link RelayQuery.staysOpen}. */
  get staysOpen(): boolean {
    return this.#queries.every(({ staysOpen }) => staysOpen);
  }

  /** See {@link RelayQuery.unserved}. */
  get unserved(): NostrFilter[] {
    return this.#queries.flatMap(({ unserved }) => unserved);
  }

  /** When something was last heard on the connection that was silent longest. */
  get heardAt(): number {
    const parts = [...this.#parts].map(({ connection }) => connection.heardAt);
    return Math.min(this.#connection.heardAt, ...parts);
  }

  /** See {@link RelayQuery.requestStored}. */
  requestStored(filters: readonly NostrFilter[]): Promise<void> {
    return this.#ask(filters, (query, some) => query.requestStored(some));
  }

  /** See {@link RelayQuery.requestLive}. */
  requestLive(filters: readonly NostrFilter[], staleBefore: number): Promise<void> {
    return this.#ask(filters, (query, some) => query.requestLive(some, staleBefore));
  }

  /** See {@link RelayQuery.catchUp}. */
  catchUp(filters: readonly NostrFilter[]): Promise<void> {
    return this.#ask(filters, (query, some) => query.catchUp(some));
  }

  /** See {@link RelayQuery.handleNotice}. */
  handleNotice(notice: string): void {
    this.#anonymous.handleNotice(notice);
  }

  /** Closes all subscriptions. */
  close(): void {
    for (const query of this.#queries) query.close();
  }

  /** What the relay has refused before goes to whoever signs in for it at once. */
  async #ask(filters: readonly NostrFilter[], ask: Ask): Promise<void> {
    const { signIn } = this.#options;
    const { url: relay } = this.#connection;
    const known = filters.map((filter) => signIn?.known({ relay, filter }));
    // Nothing waits where there is nothing to wait for.
    if (known.every((one) => one === undefined)) return await ask(this.#anonymous, filters);
    const routes = routesOf(filters, await Promise.all(known));
    await Promise.all([...routes].map(async ([connector, some]) => {
      if (this.#signal.aborted) return;
      if (!connector || !await this.#askAs(connector, some, ask)) await ask(this.#anonymous, some);
    }));
  }

  /**
   * Requests again what the relay refused without a sign-in, for which it waits some seconds.
   *
   * @returns What the answers prove, of the filters that were answered.
   */
  async #refused(
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
    const { signIn, clock } = this.#options;
    const { url: relay } = this.#connection;
    const decide = (filter: NostrFilter) =>
      within(signIn!.refused({ relay, filter }), clock, SIGN_IN_TIMEOUT_MS, this.#signal);
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
    void query.ended.then(this.#ended.resolve);
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
