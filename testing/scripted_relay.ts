/**
 * Relays that a test controls step by step. To their users they look like a `RelaySocket`:
 * what the relay says arrives as it is said, whether it was asked for or not.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NostrRelayEOSE, NRelay } from "@nostrify/types";
import type { OpenOptions } from "../src/connections/open_relay.ts";
import { ScriptedReq } from "./scripted_req.ts";

/** What a relay does by itself; the test does the rest. */
export interface Script {
  /**
   * The fate of a connection. With `fail` it has failed before the constructor returns,
   * and with `throw` the constructor throws.
   * @default "open"
   */
  connect?: "open" | "refuse" | "wait" | "fail" | "throw";
  /** Whether it ignores the options that it is opened with. */
  isDeaf?: boolean;
  /** Called with each REQ that arrives. */
  onReq?: (req: ScriptedReq, relay: ScriptedRelay) => void;
  /** Called with each event that arrives. */
  onEvent?: (event: NostrEvent, relay: ScriptedRelay) => void;
  /** Called once the connection is open. */
  onOpen?: (relay: ScriptedRelay) => void;
  /** Called with each answer to a challenge; throws what the relay refuses it with. */
  onAuth?: (event: NostrEvent, relay: ScriptedRelay) => void;
}

/** A connection to a relay. */
export class ScriptedRelay implements NRelay {
  readonly url: string;
  /** All REQs that it was sent. */
  readonly reqs: ScriptedReq[] = [];
  /** All events that it was sent. */
  readonly offered: NostrEvent[] = [];
  /** All answers to its challenges. */
  readonly auths: NostrEvent[] = [];
  isOpen = false;
  isClosed = false;
  /** Whether nothing arrives any longer, though the connection seems open. */
  isMute = false;
  readonly #script: Script;
  /** What it was opened with, to report what happens on the connection. */
  readonly hooks: Partial<OpenOptions>;
  readonly #offers = new Map<string, (ok: boolean, words: string) => void>();

  constructor(url: string, options: OpenOptions, script: Script) {
    this.url = url;
    this.#script = script;
    this.hooks = script.isDeaf ? {} : options;
    const { connect = "open" } = script;
    if (connect === "throw") throw new SyntaxError("The URL is invalid");
    this.hooks.onConnecting?.();
    if (connect === "fail") this.refuse();
    if (connect === "open") queueMicrotask(() => this.accept());
    if (connect === "refuse") queueMicrotask(() => this.refuse());
  }

  /** The REQs that neither side has closed. */
  get live(): ScriptedReq[] {
    return this.reqs.filter(({ isOver }) => !isOver);
  }

  /** The newest REQ. */
  get last(): ScriptedReq {
    return this.reqs[this.reqs.length - 1];
  }

  /** Opens the connection; what was sent before arrives. */
  accept(): void {
    if (this.isClosed) return;
    this.isOpen = true;
    this.hooks.onOpen?.();
    this.#script.onOpen?.(this);
    for (const req of this.live) this.#arrive(req);
    for (const event of this.offered) this.#script.onEvent?.(event, this);
  }

  /** Refuses the connection. */
  refuse(): void {
    if (this.isClosed) return;
    this.hooks.onClose?.("code 1006");
  }

  /** Cuts the connection. */
  cut(): void {
    this.isOpen = false;
    this.hooks.onClose?.("code 1006");
  }

  /** Receives a message from the relay, whatever it is. */
  say(message: unknown[]): void {
    const [verb, id, third, words = ""] = message;
    const req = this.reqs.find((req) => req.id === id && !req.isOver);
    if (verb === "NOTICE") this.hooks.onNotice?.(String(id));
    else if (verb === "OK" && this.#offers.has(String(id))) {
      this.#offers.get(String(id))!(Boolean(third), String(words));
    } else if (req && verb === "EVENT") req.push(["EVENT", req.id, third as NostrEvent]);
    else if (req && verb === "EOSE") {
      req.push((third === undefined ? ["EOSE", req.id] : message) as NostrRelayEOSE);
    } else if (req && verb === "CLOSED") {
      req.push(["CLOSED", req.id, String(third ?? "")]);
      req.end();
    } else this.hooks.onStray?.();
  }

  /** Sends a challenge (NIP-42). */
  challenge(text: string): void {
    this.hooks.onChallenge?.(text, (event) => {
      if (this.isClosed) return Promise.reject(new Error("The connection is gone"));
      this.auths.push(event);
      return Promise.try(() => this.#script.onAuth?.(event, this));
    });
  }

  async *req(filters: NostrFilter[], { signal }: { signal?: AbortSignal } = {}) {
    const req = new ScriptedReq(`${this.url} ${this.reqs.length}`, filters, this);
    this.reqs.push(req);
    const abort = () => req.abort();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted || this.isClosed) abort();
    if (this.isOpen) queueMicrotask(() => this.#arrive(req));
    try {
      yield* req.messages();
    } finally {
      signal?.removeEventListener("abort", abort);
      req.isOver = true;
    }
  }

  query(): Promise<NostrEvent[]> {
    return Promise.reject(new Error("Not scripted"));
  }

  event(event: NostrEvent, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.offered.push(event);
    signal?.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
    this.#offers.set(event.id, (ok, words) => ok ? resolve() : reject(new Error(words)));
    if (this.isOpen) queueMicrotask(() => this.#script.onEvent?.(event, this));
    return promise;
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.isOpen = false;
    for (const req of this.live) req.abort();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #arrive(req: ScriptedReq): void {
    if (!req.isOver && this.isOpen && !this.isMute) this.#script.onReq?.(req, this);
  }
}
