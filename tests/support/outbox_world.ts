/**
 * An outbox in an `NPool`, with living relays and faulty ones.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import { verifyEvent } from "nostr-tools/pure";
import type { OpenRelay } from "../../src/connections/open_relay.ts";
import { RelaySocket, type SocketLike } from "../../src/connections/relay_socket.ts";
import { createOutbox, type Outbox } from "../../src/create_outbox.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { FaultHost } from "../../testing/faulty_relay.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { eventually } from "./eventually.ts";
import { IdleClock } from "./idle_clock.ts";
import "./loaded_parts.ts";

/** The deadline: what takes more milliseconds counts as hung. */
export const DEADLINE = 30_000;

/** The settings of a world. */
export interface WorldSettings {
  /** How many relays are alive. @default 2 */
  readonly living?: number;
  /** The faulty relays; they are stopped with the world. @default none */
  readonly faulty?: readonly FaultHost[];
  /** Options of the outbox, which may name the living relays. */
  readonly options?: OutboxOptions | ((living: readonly RelayServer[]) => OutboxOptions);
  /** Opens the relays. @default as `createOutbox` does */
  readonly open?: OpenRelay;
}

/** A pool over an outbox. See the module. */
export class World implements AsyncDisposable {
  /** The living relays. */
  readonly living: readonly RelayServer[];
  /** The clock; time passes while nothing happens at the relays. */
  readonly clock: IdleClock;
  /** The outbox. */
  readonly outbox: Outbox;
  /** The pool. */
  readonly pool: NPool;
  /** The failures of relays. */
  readonly failures: RelayFailureError[] = [];
  /** All other errors. */
  readonly errors: Error[] = [];
  /** The socket of every relay that was opened. */
  readonly opened: { readonly readyState: number }[] = [];
  readonly #faulty: readonly FaultHost[];
  /** The faulty relays that speak the protocol. */
  readonly #relays: readonly RelayServer[];

  /** Starts everything. */
  constructor({ living = 2, faulty = [], options, open }: WorldSettings = {}) {
    this.#faulty = faulty;
    this.#relays = faulty.flatMap(({ relay }) => relay ?? []);
    this.living = Array.from({ length: living }, () => RelayServer.start());
    this.clock = new IdleClock(() => this.#activity());
    const openRelay: OpenRelay = open ?? ((url, hooks) => this.socket(url, hooks));
    this.outbox = createOutbox({
      policy: { allowLocal: true, allowInsecure: true },
      indexerRelays: [],
      clock: this.clock,
      random: () => 0.5,
      // Workers take real time, of which the clock knows nothing.
      verifyEvent,
      timeout: DEADLINE / 2,
      onRelayError: (error) => this.failures.push(error),
      onError: (error) => this.errors.push(error),
      open: (url, options) => {
        const relay = openRelay(url, options);
        if (relay instanceof NRelay1) this.opened.push(relay.socket);
        return relay;
      },
      ...(typeof options === "function" ? options(this.living) : options),
    });
    this.pool = new NPool(this.outbox);
  }

  /** Opens a relay as `createOutbox` does. */
  socket(...[url, hooks]: Parameters<OpenRelay>): NRelay {
    return new RelaySocket(url, hooks, (url) => {
      const socket = new WebSocket(url);
      this.opened.push(socket);
      return socket as SocketLike;
    });
  }

  /** Returns stored events. @throws If that takes too long. */
  query(filters: NostrFilter[], relays?: string[]): Promise<NostrEvent[]> {
    return this.clock.within(DEADLINE, "query() returns", this.pool.query(filters, { relays }));
  }

  /** Publishes an event. @throws If that takes too long. */
  event(event: NostrEvent, relays?: string[]): Promise<void> {
    return this.clock.within(DEADLINE, "event() settles", this.pool.event(event, { relays }));
  }

  /** Starts a request that stays open; reading it waits up to the deadline. */
  req(filters: NostrFilter[], relays?: string[]): LiveRequest {
    return new LiveRequest(this, filters, relays);
  }

  /** Closes the pool and the outbox, and waits until all sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.within(DEADLINE, "pool.close() settles", this.pool.close());
    await this.clock.within(DEADLINE, "outbox.close() settles", this.outbox.close());
    await this.clock[Symbol.asyncDispose]();
    await Promise.all(
      [...this.living, ...this.#faulty].map((relay) => relay[Symbol.asyncDispose]()),
    );
    await eventually(
      "every socket is closed",
      () => this.opened.every(({ readyState }) => readyState === WebSocket.CLOSED),
    );
  }

  /** Counts what passes between the pool and its relays, but no flood, or time would stop. */
  #activity(): number {
    let sum = 0;
    for (const { stats, open } of [...this.living, ...this.#relays]) {
      sum += stats.connections + stats.reqs + stats.eventsSent + stats.eventsReceived + open;
    }
    return sum;
  }
}

/** A request of `pool.req()`, which a test reads as far as it needs. */
export class LiveRequest implements AsyncDisposable {
  /** The events so far. */
  readonly events: NostrEvent[] = [];
  readonly #world: World;
  readonly #messages: AsyncIterator<[string, string, ...unknown[]]>;
  readonly #controller = new AbortController();

  constructor(world: World, filters: NostrFilter[], relays?: string[]) {
    this.#world = world;
    const { signal } = this.#controller;
    this.#messages = world.pool.req(filters, { signal, relays })[Symbol.asyncIterator]();
  }

  /** Reads up to EOSE or CLOSED, and returns which. */
  end(): Promise<string> {
    return this.#world.clock.within(DEADLINE, "req() reaches EOSE or CLOSED", this.#until());
  }

  /** Reads until an event has arrived. */
  async event(id: string): Promise<void> {
    if (this.events.some((event) => event.id === id)) return;
    await this.#world.clock.within(10 * DEADLINE, "a new event comes", this.#until(id));
  }

  /** Aborts the request, and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.#messages.return?.();
  }

  async #until(id?: string): Promise<string> {
    for (;;) {
      const { value, done } = await this.#messages.next();
      if (done) return "end";
      const [verb, , event] = value;
      if (verb !== "EVENT") {
        if (id === undefined) return verb;
        continue;
      }
      this.events.push(event as NostrEvent);
      if ((event as NostrEvent).id === id) return verb;
    }
  }
}
