/**
 * Which relays may be connected to, and why an entry of a list names none.
 *
 * @module
 */

/** Why a string names no relay that this library connects to. */
export type RefusalReason =
  | "not-a-string"
  | "too-long"
  | "no-scheme"
  | "scheme"
  | "several-urls"
  | "comma"
  | "unparsable"
  | "credentials"
  | "host"
  | "local"
  | "insecure"
  | "onion"
  | "policy"
  /** The app's user has blocked the relay (kind 10006, NIP-51). */
  | "blocked";

/** An entry of a list that is not used, and the reason. */
export interface RefusedRelay {
  /** The entry as it was seen, cut to 256 characters. */
  readonly url: string;
  /** Why it was refused. */
  readonly reason: RefusalReason;
}

/**
 * Which relays may be connected to. By default only public `wss://` relays are allowed:
 * relay lists are written by strangers, and they must not lead a server into its own network.
 */
export interface RelayUrlPolicy {
  /**
   * Accept loopback, private and otherwise non-public addresses, `.local` names and
   * single-label hosts. Set it for tests, and for relays in your own network.
   * @default false
   */
  readonly allowLocal?: boolean;
  /**
   * Accept cleartext `ws://`. Onion hosts need only `allowOnion`, since Tor encrypts.
   * @default false
   */
  readonly allowInsecure?: boolean;
  /**
   * Accept `.onion` hosts. Set it if the process connects through Tor.
   * @default false
   */
  readonly allowOnion?: boolean;
  /**
   * The app's own rule, called last, with the URL in normal form: `false` refuses the relay.
   * It must be pure and fast; its result is remembered.
   * @default every relay is allowed
   */
  readonly allow?: (url: string) => boolean;
}

/** What would allow a relay that is refused for a reason. */
const ALLOWED_BY: Readonly<Partial<Record<RefusalReason, string>>> = {
  local: "policy.allowLocal would allow it",
  insecure: "policy.allowInsecure would allow it",
  onion: "policy.allowOnion would allow it",
  policy: "policy.allow says no",
  blocked: "the user's own list of blocked relays, kind 10006, has it",
};

/** Says that a relay is refused, why, and what would allow it. */
export function refusalText(reason: RefusalReason): string {
  const allowedBy = ALLOWED_BY[reason];
  return `refused (${reason})${allowedBy === undefined ? "" : `: ${allowedBy}`}`;
}
