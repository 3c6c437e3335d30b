/**
 * All that one relay answers to some filters: on a connection without a name, and what it answers
 * only to somebody who has signed in (NIP-42), each on a connection of its own.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { within } from "../base/within.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { connectNamed } from "./connect_named.ts";
import { SIGN_IN_TIMEOUT_MS, type SignIn } from "./identity.ts";
import type { Ask, NamedQueries } from "./named_queries.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";
import { RelayQuery } from "./relay_query.ts";
import type { RelayQueryOptions } from "./relay_query_options.ts";

/** Dependencies and settings of a {@link SignInQuery}. */
export interface SignInQueryOptions extends Omit<RelayQueryOptions, "onAuthRequired"> {
  /** Who signs in where. @default nobody does */
  readonly signIn?: QuerySignIn;
}

/** Who signs in where, and what requests filters then. */
export interface QuerySignIn extends SignIn<RelayConnector> {
  /** What is loaded when a relay first wants a sign-in; `undefined` if nobody can sign in. */
  readonly named: () => Promise<NamedParts | undefined>;
}

/** What requests filters on connections that sign in. */
export interface NamedParts {
  readonly NamedQueries: typeof NamedQueries;
  readonly connectNamed: typeof connectNamed;
}

/** A {@link RelayQuery} over as many connections as there are identities. */
export class SignInQuery {
  readonly #connection: RelayConnection;
  readonly #options: SignInQueryOptions;
  readonly #signal: AbortSignal;
  readonly #anonymous: RelayQuery;
  readonly #ended = Promise.withResolvers<RelayFailureError>();
  #named?: NamedQueries;

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

  get #parts(): NamedQueries["parts"] {
    return this.#named?.parts ?? [];
  }

  get #queries(): RelayQuery[] {
    return [this.#anonymous, ...this.#parts.map(({ query }) => query)];
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
    const parts = this.#parts.map(({ connection }) => connection.heardAt);
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
    const [named, connectors] = await Promise.all([this.#loaded(), Promise.all(known)]);
    if (named) await named.ask(filters, connectors, ask);
    else await ask(this.#anonymous, filters);
  }

  async #refused(filters: readonly NostrFilter[], ask: Ask) {
    const named = await this.#loaded();
    return await named?.refused(filters, ask) ?? new Map<NostrFilter, AnswerProof>();
  }

  /** What asks on connections that sign in, if anybody can. */
  async #loaded(): Promise<NamedQueries | undefined> {
    const { clock, signIn } = this.#options;
    const parts = await within(signIn!.named(), clock, SIGN_IN_TIMEOUT_MS, this.#signal);
    return this.#named ??= parts && new parts.NamedQueries({
      ...this.#options,
      signIn: signIn!,
      url: this.#connection.url,
      anonymous: this.#anonymous,
      onEnded: this.#ended.resolve,
    }, this.#signal);
  }
}
