/**
 * Relays that connect, and whose answers never end, end twice, or end too early.
 *
 * @module
 */

import { readToEnd, shakeHands } from "../tcp_host.ts";
import { type Fault, relayHost, tcpHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Faults in how an answer ends. */
export const answers = {
  /** Opens the WebSocket and never sends anything, not even OK. */
  "silent": (settings) => relayHost(settings, { intercept: ([verb]) => verb !== "CLOSE" }),
  /** Opens the WebSocket as if the machine then vanished: it does not even answer a close. */
  "stalled": () =>
    tcpHost(async (conn) => {
      await shakeHands(conn);
      await readToEnd(conn);
    }),
  /** Sends events, stored and new, but no EOSE. */
  "eose-never": (settings) => relayHost(settings, { eose: false }),
  /** Sends EOSE before the stored events, and again after them. */
  "eose-early": (settings) => relayHost(settings, onReq((id, _, to) => to.send(["EOSE", id]))),
  /** Sends EOSE twice after the stored events. */
  "eose-twice": (settings) =>
    relayHost(settings, onReq((id, _, to) => queueMicrotask(() => to.send(["EOSE", id])))),
  /** Sends EOSE at once for every REQ, and never an event. */
  "eose-empty": (settings) => relayHost({ ...settings, events: [] }, {}),
  /** Sends EVENT and EOSE after CLOSED. */
  "events-after-closed": (settings) =>
    relayHost(settings, onReq((id, _, to) => to.send(["CLOSED", id, "error: shutting down"]))),
  /** Sends OK for no EVENT, and stores none. */
  "ok-never": (settings) => relayHost(settings, { intercept: ([verb]) => verb === "EVENT" }),
  /** Sends OK for another event than it received. */
  "ok-for-another": (settings) =>
    relayHost(settings, {
      intercept([verb], to) {
        if (verb === "EVENT") to.send(["OK", "f".repeat(64), true, ""]);
        return verb === "EVENT";
      },
    }),
} satisfies Record<string, Fault>;
