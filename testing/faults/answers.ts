/**
 * Relays that are connected, and whose answers do not end as they should.
 *
 * @module
 */

import { readToEnd, shakeHands } from "../tcp_host.ts";
import { type Fault, relayHost, tcpHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Faults in whether, and how often, an answer ends. */
export const answers = {
  /** The WebSocket opens, and nothing is ever said, not even OK. */
  "silent": (settings) => relayHost(settings, { intercept: ([verb]) => verb !== "CLOSE" }),
  /** The WebSocket opens, and the machine behind it is gone: not even a close is answered. */
  "stalled": () =>
    tcpHost(async (conn) => {
      await shakeHands(conn);
      await readToEnd(conn);
    }),
  /** Events, stored and new, but no EOSE. */
  "eose-never": (settings) => relayHost(settings, { eose: false }),
  /** EOSE before the stored events, and once more after them. */
  "eose-early": (settings) => relayHost(settings, onReq((id, _, to) => to.send(["EOSE", id]))),
  /** EOSE twice after the stored events. */
  "eose-twice": (settings) =>
    relayHost(settings, onReq((id, _, to) => queueMicrotask(() => to.send(["EOSE", id])))),
  /** EOSE at once for every REQ, and never an event. */
  "eose-empty": (settings) => relayHost({ ...settings, events: [] }, {}),
  /** Goes on with EVENT and EOSE after CLOSED. */
  "events-after-closed": (settings) =>
    relayHost(settings, onReq((id, _, to) => to.send(["CLOSED", id, "error: shutting down"]))),
  /** No OK for any EVENT, and it is not taken either. */
  "ok-never": (settings) => relayHost(settings, { intercept: ([verb]) => verb === "EVENT" }),
  /** OK, but for another event. */
  "ok-for-another": (settings) =>
    relayHost(settings, {
      intercept([verb], to) {
        if (verb === "EVENT") to.send(["OK", "f".repeat(64), true, ""]);
        return verb === "EVENT";
      },
    }),
} satisfies Record<string, Fault>;
