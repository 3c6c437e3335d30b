/**
 * One request of the app among several that share their REQs.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { Planned } from "../plan/replan.ts";
import { Completion, type CompletionOptions, type Progress } from "./completion.ts";
import type { RequestScope } from "./scope_progress.ts";
import type { OutboxRequest } from "./outbox_request.ts";
import { scopeOfParts } from "./plan_share.ts";
import { type Listener, RequestListeners } from "./request_listeners.ts";

/** What a member needs of the request that it is part of. */
export interface RequestMemberOptions extends CompletionOptions {
  /** Called when somebody listens; `startAlone` may follow, now or later. */
  readonly enter: () => void;
  /** Called when nobody listens any longer. */
  readonly leave: () => void;
  /** Calls what finishes a member: now, or where many finish at once when it is its turn. */
  readonly inTurn: (finish: () => void) => void;
  /** Called once the stored events are over. */
  readonly finished: () => void;
  /** Makes the request that carries out the member's plan by itself. */
  readonly alone: () => Alone;
}

/** See the module. */
export class RequestMember {
  /** What they name. */
  readonly scope: RequestScope;
  readonly #options: RequestMemberOptions;
  readonly #listeners = new RequestListeners();
  readonly #completion: Completion;
  #alone?: Alone;
  /** Calls for what listens, once the plan is carried out by itself. */
  readonly #startsAlone = new Set<(alone: Alone) => void>();
  #hasEntered = false;
  #isFinishing = false;
  #isDone = false;

  /** @param share The member's plan. */
  constructor(share: Pick<Planned, "input">, options: RequestMemberOptions) {
    this.scope = scopeOfParts(share.input.parts);
    this.#options = options;
    this.#completion = new Completion(options, () => this.finish());
  }

  /** Whether somebody listens. */
  get isListenedTo(): boolean {
    return this.#listeners.size > 0;
  }

  /** Whether the stored events are over, be it that nobody has been told yet. */
  get isFinishing(): boolean {
    return this.#isFinishing;
  }

  /** Carries out its plan by itself, and not with the request that it is part of. */
  startAlone(): void {
    const alone = this.#alone = this.#options.alone();
    for (const start of this.#startsAlone) start(alone);
  }

  /** Takes an event that matches its filters. */
  event(event: NostrEvent): void {
    this.#listeners.eventOfAny(event);
  }

  /** Finishes, now or after a while, where enough relays have answered for its subjects. */
  check(progress: Progress): void {
    this.#completion.check(progress);
  }

  /** The stored events are over, which whoever listens is told in turn. */
  finish(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#options.inTurn(() => this.#finish());
  }

  #finish(): void {
    if (!this.isListenedTo) return;
    this.#isDone = true;
    this.#completion.end();
    this.#options.finished();
    for (const relayIndex of this.#listeners.relayIndexes) this.#listeners.eose(relayIndex);
  }

  /** Listens to one of the relays of its plan: calls `push` with each message as it comes. */
  async listen(
    relayIndex: number,
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    signal: AbortSignal,
    push: Listener["push"],
  ): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<Alone | undefined>();
    const release = onAbort(signal, () => resolve(undefined));
    this.#listeners.add(relayIndex, { push, signal, end: () => {}, ended: signal });
    this.#startsAlone.add(resolve);
    let alone: Alone | undefined;
    try {
      if (this.#isDone) this.#listeners.eose(relayIndex);
      if (!this.#hasEntered) {
        this.#hasEntered = true;
        this.#options.enter();
      }
      alone = this.#alone ?? await over;
      if (alone && !signal.aborted) {
        await alone.listen(relayIndex, connector, filters, signal, push);
      }
    } finally {
      release();
      this.#startsAlone.delete(resolve);
      this.#listeners.delete(relayIndex);
      if (!this.isListenedTo && !alone) {
        this.#completion.end();
        this.#options.leave();
      }
    }
  }
}

/** The request by which a member carries out its plan by itself. */
type Alone = Pick<OutboxRequest, "listen">;
