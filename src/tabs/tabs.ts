/**
 * Lets all tabs of a browser share their connections to relays.
 *
 * @module
 */

/// <reference lib="dom" />

import { type Clock, systemClock } from "../base/clock.ts";
import { checkNames, type OptionNames } from "../base/check_option.ts";
import type { OpenRelay } from "../connections/open_relay.ts";
import { RelaySocket, type SocketLike } from "../connections/relay_socket.ts";
import { type OpenLine, ownLine, SharedSocket } from "./shared_socket.ts";
import { SocketHub } from "./socket_hub.ts";
import { TabFollower } from "./tab_follower.ts";
import { leadTabs } from "./tab_leader.ts";
import { tabNames } from "./tab_messages.ts";

export type { OpenOptions, OpenRelay, RelayLog } from "../connections/open_relay.ts";

/** The options of {@link shareRelays}. */
export interface ShareRelaysOptions {
  /**
   * Tabs that give the same name share their connections.
   * @default "outbox"
   */
  readonly name?: string;
}

const SHARE_OPTIONS: OptionNames<ShareRelaysOptions> = { name: true };

/** Relays of which all tabs share the connections. */
export interface SharedRelays extends Disposable {
  /** The option `open` of `createOutbox`. */
  readonly open: OpenRelay;
  /** Whether this tab has the connections. */
  readonly isLeader: boolean;
  /** Ends this tab's part; another tab takes over the connections, if there is one. */
  close(): void;
}

/**
 * Shares connections with the other tabs of the origin. One tab has the WebSockets, one for each
 * relay or a few, and the others read and publish over it. Which one that is, Web Locks decide: when
 * it is closed or crashes another tab takes over, and the outboxes of all tabs continue their
 * requests as after any lost connection. A connection that signs in (NIP-42) is never shared.
 *
 * Where there are no Web Locks or no `BroadcastChannel`, or the tab that leads does not answer within
 * two seconds, a tab connects by itself.
 *
 * @param options See {@link ShareRelaysOptions}.
 * @throws {TypeError} If there is no option of a name.
 *
 * @example One connection to each relay, however many tabs
 * ```ts
 * import { createOutbox } from "@npool/outbox";
 * import { shareRelays } from "@npool/outbox/tabs";
 *
 * const relays = shareRelays();
 * const outbox = createOutbox({ open: relays.open, fallbackRelays: ["wss://relay1.mostr.pub"] });
 * await outbox.close();
 * relays.close();
 * ```
 */
export function shareRelays(options: ShareRelaysOptions = {}): SharedRelays {
  checkNames(options, SHARE_OPTIONS);
  return new Tab(options.name ?? "outbox", systemClock);
}

/** This tab's part. */
class Tab implements SharedRelays {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #id = crypto.randomUUID();
  readonly #closing = new AbortController();
  readonly #hub = new SocketHub(connect);
  #follower?: TabFollower;
  /** Resolves once it is known which tab leads; absent if tabs cannot share. */
  readonly #ready?: Promise<void>;
  #leads = false;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    const canShare = globalThis.navigator?.locks !== undefined &&
      typeof BroadcastChannel === "function";
    if (canShare) this.#ready = this.#join();
  }

  get isLeader(): boolean {
    return this.#leads;
  }

  readonly open: OpenRelay = (url, hooks) => {
    if (!this.#ready || hooks.isNamed) return new RelaySocket(url, hooks);
    // A wrong URL throws here, as it does without sharing.
    new URL(url);
    return new RelaySocket(url, hooks, () => new SharedSocket(this.#line(url)));
  };

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#leads = false;
    this.#closing.abort();
    this.#follower?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Says how to open a line, once that is known. */
  async #line(url: string): Promise<OpenLine> {
    await this.#ready;
    if (this.#closing.signal.aborted) throw new Error("the sharing of connections has ended");
    if (this.#leads) return (listener) => this.#hub.open(url, listener);
    return (listener) => {
      const goAlone = () => ownLine(connect(url), listener);
      return this.#follower!.open(url, listener, goAlone);
    };
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
