/**
 * Relays with limits, which they announce in different words.
 *
 * @module
 */

import type { RelayConnection } from "../client_connection.ts";
import type { ClientMessage } from "../relay_messages.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";

/** Faults that a client avoids by requesting less at a time. `count` is the limit. */
export const limits = {
  /** Cuts the answer to each filter at `count` (5) events, and sends EOSE as if complete. */
  "capped": (settings) => relayHost(settings, { cap: settings.count ?? 5 }),
  /** Sends CLOSED for a REQ with more than `count` (10) filters. */
  "too-many-filters:closed": (settings) =>
    refusing(settings, hasMoreFilters, (id, to, max) => {
      to.send(["CLOSED", id, `error: too many filters, at most ${max}`]);
    }),
  /** Sends a NOTICE that names no subscription, and nothing more. */
  "too-many-filters:notice": (settings) =>
    refusing(settings, hasMoreFilters, (_, to, max) => {
      to.send(["NOTICE", `too many filters (max ${max})`]);
    }),
  /** Sends nostream's NOTICE. */
  "too-many-filters:nostream": (settings) =>
    refusing(settings, hasMoreFilters, (_, to, max) => {
      to.send([
        "NOTICE",
        "Subscription rejected: Too many filters: " +
        `Number of filters per subscription must be less then or equal to ${max}`,
      ]);
    }),
  /** Sends strfry's NOTICE. */
  "too-many-filters:strfry": (settings) =>
    refusing(settings, hasMoreFilters, (_, to) => {
      to.send(["NOTICE", "ERROR: bad req: arr too big"]);
    }),
  /** Sends CLOSED for a REQ while `count` (2) others are open. */
  "too-many-subscriptions:closed": (settings) =>
    refusing(settings, hasMoreSubscriptions, (id, to, max) => {
      to.send(["CLOSED", id, `error: too many subscriptions, at most ${max}`]);
    }, 2),
  /** Sends strfry's NOTICE, which names no subscription. */
  "too-many-subscriptions:strfry": (settings) =>
    refusing(settings, hasMoreSubscriptions, (_, to) => {
      to.send(["NOTICE", "ERROR: too many concurrent REQs"]);
    }, 2),
  /** Sends a NOTICE for a message of more than `count` (2,000) characters. */
  "too-long:notice": (settings) =>
    refusing(settings, isLonger, (_, to) => {
      to.send(["NOTICE", "ERROR: message too large"]);
    }, 2_000),
  /** Closes the connection on a message of more than `count` (2,000) characters. */
  "too-long:disconnect": (settings) =>
    refusing(settings, isLonger, (_, to) => void to.close(1009), 2_000),
} satisfies Record<string, Fault>;

type IsTooMuch = (message: ClientMessage, max: number, from: RelayConnection) => boolean;

function refusing(
  settings: FaultSettings,
  isTooMuch: IsTooMuch,
  refuse: (id: string, to: RelayConnection, max: number) => void,
  fallback = 10,
): FaultHost {
  const max = settings.count ?? fallback;
  return relayHost(settings, {
    intercept(message, from) {
      if (message[0] === "CLOSE" || !isTooMuch(message, max, from)) return false;
      refuse(String(message[1]), from, max);
      return true;
    },
  });
}

/** A REQ has a verb and an id besides its filters. */
const hasMoreFilters: IsTooMuch = (message, max) =>
  message[0] === "REQ" && message.length - 2 > max;

const hasMoreSubscriptions: IsTooMuch = ([verb, id], max, { subscriptions }) =>
  verb === "REQ" && !subscriptions.has(id) && subscriptions.size >= max;

const isLonger: IsTooMuch = (message, max) => JSON.stringify(message).length > max;
