/**
 * Lets all tabs of a browser share their connections to relays.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { checkNames, type OptionNames } from "../base/check_option.ts";
import type { OpenRelay } from "../connections/open_relay.ts";
import { SharingTab } from "./sharing_tab.ts";

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
  return new SharingTab(options.name ?? "outbox", systemClock);
}
