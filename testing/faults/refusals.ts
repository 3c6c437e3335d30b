/**
 * Relays that refuse requests or events, of some clients or of all.
 *
 * @module
 */

import type { RelayConnection } from "../client_connection.ts";
import { asEvent } from "../relay_messages.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** The machine-readable prefixes of NIP-01 and NIP-42. */
export const PREFIXES = [
  "auth-required",
  "restricted",
  "rate-limited",
  "blocked",
  "invalid",
  "pow",
  "error",
  "mute",
  "unsupported",
  "duplicate",
] as const;

/** One of {@link PREFIXES}, or `none` for a reason without any. */
export type Prefix = typeof PREFIXES[number] | "none";

/** The reason that a relay gives with a prefix. */
export function reasonOf(prefix: Prefix): string {
  return prefix === "none" ? "go away" : `${prefix}: go away`;
}

/** Answers every REQ with CLOSED, and stores events. */
export function closedWith(prefix: Prefix): Fault {
  return (settings) =>
    relayHost(
      settings,
      onReq((id, _, to) => {
        to.send(["CLOSED", id, reasonOf(prefix)]);
        return true;
      }),
    );
}

/** Answers every EVENT with OK false, and requests properly. */
export function refusedWith(prefix: Prefix): Fault {
  return (settings) => relayHost(settings, { refuseEvent: () => reasonOf(prefix) });
}

/** Faults that are refusals, beside those of {@link closedWith} and {@link refusedWith}. */
export const refusals = {
  /** Sends CLOSED for a REQ that names `author`, and answers any other properly. */
  "closed-for-author": (settings) =>
    relayHost(
      settings,
      onReq((id, filters, to) => {
        const isRefused = filters.some(({ authors }) => authors?.includes(settings.author ?? ""));
        if (isRefused) to.send(["CLOSED", id, "restricted: we do not serve this author"]);
        return isRefused;
      }),
    ),
  /** Refuses the first `count` (1) messages, REQ or EVENT, with `rate-limited`, and none after them. */
  "rate-limited-at-first": rateLimited,
  /** Sends a challenge (NIP-42) at once, and serves everybody all the same. */
  "auth-at-once": (settings) =>
    relayHost(settings, { onOpen: (to) => to.send(["AUTH", "challenge"]) }),
  /** Sends a challenge at once, and refuses with `auth-required` until it is answered, rightly or not. */
  "auth-wall": authWall,
} satisfies Record<string, Fault>;

function rateLimited(settings: FaultSettings): FaultHost {
  let left = settings.count ?? 1;
  const reason = "rate-limited: slow down";
  return relayHost(settings, {
    intercept([verb, subject], to) {
      if (verb !== "REQ" && verb !== "EVENT" || left === 0) return false;
      left--;
      if (verb === "REQ") to.send(["CLOSED", subject, reason]);
      else to.send(["OK", asEvent(subject)?.id, false, reason]);
      return true;
    },
  });
}

function authWall(settings: FaultSettings): FaultHost {
  const admitted = new WeakSet<RelayConnection>();
  const refusal = "auth-required: who are you?";
  return relayHost(settings, {
    onOpen: (to) => to.send(["AUTH", "challenge"]),
    intercept([verb, subject], to) {
      if (verb === "AUTH") {
        admitted.add(to);
        to.send(["OK", asEvent(subject)?.id, true, ""]);
        return true;
      }
      if (verb === "CLOSE" || admitted.has(to)) return false;
      if (verb === "REQ") to.send(["CLOSED", subject, refusal]);
      else to.send(["OK", asEvent(subject)?.id, false, refusal]);
      return true;
    },
  });
}
