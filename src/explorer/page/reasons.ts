/**
 * Words for the reasons that plans, lists and relays give. Pure.
 *
 * @module
 */

import type { MissingListReason } from "../explorer_data.ts";

/** Why a person has no usable list. */
export const MISSING_LIST_TEXTS: Readonly<Record<MissingListReason, string>> = {
  "unusable": "their list names no relay that may be asked",
  "none": "indexers have no relay list of theirs",
  "not-answered": "their list was looked for, but too few relays answered",
  "searching": "their list is being looked for",
  "not-searched": "nobody has looked for their list yet",
};

/** Why a relay of a person is not asked for them, or may not be. */
const RELAY_TEXTS: Readonly<Record<string, string>> = {
  "cap": "not among the chosen relays",
  "enough": "others are enough",
  "host": "another URL of the same host is asked",
  "weight": "its weight is 0",
  "policy": "the app's own rule, or the user's list of blocked relays, refuses it",
  "blocked": "the user blocks it",
  "local": "a local address",
  "insecure": "not encrypted (ws://)",
  "onion": "needs Tor",
  "host-name": "no host",
  "scheme": "no relay URL",
  "no-scheme": "no relay URL",
  "several-urls": "several URLs in one entry",
  "comma": "a comma in the host",
  "unparsable": "no URL",
  "credentials": "holds a password",
  "not-a-string": "no text",
  "too-long": "too long",
  "backing-off": "it failed, and is not tried again yet",
  "auth-required": "it wants a sign-in",
};

/** Says why a relay is not asked. */
export function relayReason(reason: string): string {
  return RELAY_TEXTS[reason] ?? reason;
}

/** What happened to connections and requests. */
const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  "unreachable": "unreachable",
  "connect-timeout": "too slow to connect",
  "no-answer": "no answer",
  "no-ok": "no OK",
  "disconnected": "connection lost",
  "flood": "flooded",
  "junk": "sent junk",
  "closed": "closed the request",
};

/** Says how a relay failed. */
export function failureText(failure: string): string {
  return FAILURE_TEXTS[failure] ?? failure;
}

/** What proves that an answer was complete. */
export const PROOF_TEXTS: Readonly<Record<string, string>> = {
  "finish": "the relay said so",
  "drained": "a further page brought nothing new",
  "inferred": "fewer events than the relay sends at most",
  "unknown": "nothing proves it",
};
