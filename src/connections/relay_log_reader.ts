/**
 * Reads the log of an `NRelay1`, which an app's own `open` may return, for what a connection
 * must know besides the answers.
 *
 * `NRelay1` ends a request in silence where the relay said CLOSED, and reports that it is open
 * or closed to its log alone.
 *
 * @module
 */

import type { NostrFilter, NRelay } from "@nostrify/types";
import type { RelayHooks, RelayLog } from "./open_relay.ts";
import { RelaySocket } from "./relay_socket.ts";

/** The part of an `NRelay` that a connection uses. */
export type ReadRelay = Pick<NRelay, "req" | "event" | "close">;

/** Follows the log of one relay object. */
export class RelayLogReader {
  readonly #hooks: RelayHooks;
  /** The requests that are open, by their id on the wire, and why the relay closed each. */
  readonly #closedReasons = new Map<string, string | undefined>();
  /** The id of the REQ that was last logged. */
  #lastId?: string;

  /** `hooks` are called with what the log says. */
  constructor(hooks: RelayHooks) {
    this.#hooks = hooks;
  }

  /** Takes one entry. */
  readonly log = ({ ns, state, data }: RelayLog): void => {
    this.#hooks.onConnecting();
    if (ns === "relay.ws.state" && state === "open") this.#hooks.onOpen();
    else if (ns === "relay.ws.state" && state === "close") this.#hooks.onClose("closed");
    else if (ns === "relay.ws.send") {
      if (Array.isArray(data) && data[0] === "REQ") this.#lastId = String(data[1]);
    } else if (ns === "relay.ws.message") this.#read(Array.isArray(data) ? data : []);
  };

  /** The relay object, with the CLOSED that it hides. */
  read(relay: NRelay): ReadRelay {
    if (relay instanceof RelaySocket) return relay;
    return {
      req: (filters, options) => this.#req(relay, filters, options),
      event: (event, options) => relay.event(event, options),
      close: () => relay.close(),
    };
  }

  async *#req(
    relay: NRelay,
    filters: NostrFilter[],
    options?: { signal?: AbortSignal },
  ): ReturnType<NRelay["req"]> {
    const messages = relay.req(filters, options)[Symbol.asyncIterator]();
    this.#lastId = undefined;
    // The REQ is logged before this returns.
    const first = messages.next();
    const id = this.#lastId as string | undefined;
    if (id !== undefined) this.#closedReasons.set(id, undefined);
    try {
      let result = await first;
      for (; !result.done; result = await messages.next()) yield result.value;
      const reason = id === undefined ? undefined : this.#closedReasons.get(id);
      if (reason !== undefined) yield ["CLOSED", id!, reason];
    } finally {
      if (id !== undefined) this.#closedReasons.delete(id);
      await messages.return?.();
    }
  }

  #read([verb, id, reason]: unknown[]): void {
    if (verb === "NOTICE") return this.#hooks.onNotice(String(id));
    if (verb === "OK") return;
    if (!this.#closedReasons.has(String(id))) return this.#hooks.onStray();
    if (verb === "CLOSED") this.#closedReasons.set(String(id), String(reason));
  }
}
