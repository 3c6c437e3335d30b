/**
 * One tab among those that share their connections: leads, or follows the one that does.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { OpenRelay } from "../connections/open_relay.ts";
import { RelaySocket, type SocketLike } from "../connections/relay_socket.ts";
import { type OpenLine, ownLine, SharedSocket } from "./shared_socket.ts";
import { type LineListener, SocketHub } from "./socket_hub.ts";
import { TabFollower } from "./tab_follower.ts";
import { leadTabs } from "./tab_leader.ts";
import { tabNames } from "./tab_messages.ts";

/** See the module. */
export class SharingTab implements Disposable {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #id = crypto.randomUUID();
  readonly #closing = new AbortController();
  readonly #hub = new SocketHub(connect);
  #follower?: TabFollower;
  /** Resolves once it is known which tab leads; absent if tabs cannot share. */
  readonly #ready?: Promise<void>;
  #leads = false;

  /** Finds out at once which tab leads. */
  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    const canShare = globalThis.navigator?.locks !== undefined &&
      typeof BroadcastChannel === "function";
    if (canShare) this.#ready = this.#join();
  }

  /** Whether this tab has the connections. */
  get isLeader(): boolean {
    return this.#leads;
  }

  /** Opens a relay over the tab that leads. */
  readonly open: OpenRelay = (url, hooks) => {
    if (!this.#ready || hooks.isNamed) return new RelaySocket(url, hooks);
    // A wrong URL throws here, as it does without sharing.
    new URL(url);
    return new RelaySocket(url, hooks, () => new SharedSocket(this.#line(url)));
  };

  /** Ends this tab's part. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#leads = false;
    this.#closing.abort();
    this.#follower?.close();
  }

  /** Ends this tab's part, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Says how to open a line, once that is known. */
  async #line(url: string): Promise<OpenLine> {
    await this.#ready;
    if (this.#closing.signal.aborted) throw new Error("the sharing of connections has ended");
    if (this.#leads) return (listener) => this.#hub.open(url, listener);
    const goAlone = (listener: LineListener) => ownLine(connect(url), listener);
    return (listener) => this.#follower!.open(url, listener, goAlone);
  }

  /** Leads if no other tab does, and otherwise once those before it are gone. */
  async #join(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#closing;
    const { locks } = navigator;
    const names = tabNames(this.#name);
    const untilClosed = () =>
      new Promise<void>((end) => {
        if (signal.aborted) end();
        signal.addEventListener("abort", () => end());
      });
    this.#follower = new TabFollower(this.#name, this.#id, this.#clock);
    const lead = () => {
      if (signal.aborted) return Promise.resolve();
      this.#leads = true;
      this.#follower?.leaderChanged(true);
      leadTabs(this.#name, this.#id, this.#hub, signal);
      resolve();
      return untilClosed();
    };
    const queue = () => locks.request(names.lead, { signal }, lead).catch(ignoreAbort);
    // Until this tab is gone: then the one that leads gets the lock, and ends its lines.
    void locks.request(names.tab(this.#id), { signal }, untilClosed).catch(ignoreAbort);
    void locks.request(names.lead, { ifAvailable: true }, (lock) => {
      if (lock) return lead();
      resolve();
      void queue();
    });
    await promise;
  }
}

/** What was asked for of a lock ends with the tab's part. */
function ignoreAbort(error: unknown): void {
  if ((error as Error | null)?.name !== "AbortError") throw error;
}

function connect(url: string): SocketLike {
  return new WebSocket(url) as SocketLike;
}
