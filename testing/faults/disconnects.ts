/**
 * Relays that hang up.
 *
 * @module
 */

import { matchFilters } from "nostr-tools";
import { newestFirst } from "../event_index.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Faults that end a connection. */
export const disconnects = {
  /** Hangs up as soon as the connection is open. */
  "disconnect-at-once": (settings) =>
    relayHost(settings, { onOpen: (connection) => void connection.close() }),
  /** Hangs up after half of the answer to every request. */
  "disconnect-mid-answer": (settings) => hangUp(settings, () => true),
  /** Hangs up after half of the first answer on each of the first `count` (1) connections. */
  "disconnect-at-first": (settings) =>
    hangUp(settings, (number) => number <= (settings.count ?? 1)),
  /** Hangs up on an event, instead of OK. */
  "disconnect-on-event": (settings) =>
    relayHost(settings, {
      intercept([verb], connection) {
        if (verb === "EVENT") void connection.close();
        return verb === "EVENT";
      },
    }),
} satisfies Record<string, Fault>;

function hangUp(settings: FaultSettings, isTime: (connection: number) => boolean): FaultHost {
  const events = [...settings.events ?? []].sort(newestFirst);
  return relayHost(
    settings,
    onReq((id, filters, to) => {
      if (!isTime(to.number)) return false;
      const answer = events.filter((event) => matchFilters(filters, event));
      for (const event of answer.slice(0, answer.length / 2)) to.send(["EVENT", id, event]);
      void to.close();
      return true;
    }),
  );
}
