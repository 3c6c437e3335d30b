/**
 * Relays that send events that were not requested, or that their authors did not sign.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { Signer } from "../signer.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

const stranger = new Signer(0xbad);

/** Faults in the events that a relay sends. */
export const lies = {
  /** Sends all that it holds, requested or not, and a stranger's post, before its answer. */
  "mismatched": (settings) =>
    relayHost(
      settings,
      onReq((id, _, to) => {
        to.send(["EVENT", id, stranger.sign()]);
        for (const event of settings.events ?? []) to.send(["EVENT", id, event]);
      }),
    ),
  /** Sends its events with another content under the same id and signature, and EOSE. */
  "forged-content": (settings) => forging(settings, (event) => ({ ...event, content: "forged" })),
  /** Sends its events under other ids, and EOSE. */
  "forged-id": (settings) => forging(settings, (event) => ({ ...event, id: "f".repeat(64) })),
  /** Sends its events with false signatures, and EOSE. */
  "forged-signature": (settings) => forging(settings, forgeSignature),
} satisfies Record<string, Fault>;

/** The event with a false signature; its id still fits. */
export function forgeSignature(event: NostrEvent): NostrEvent {
  return { ...event, sig: `${event.sig.slice(0, 64)}${"0".repeat(64)}` };
}

function forging(
  settings: FaultSettings,
  forge: (event: NostrEvent) => NostrEvent,
): FaultHost {
  const forged = [...settings.events ?? []].map(forge);
  return relayHost(
    { ...settings, events: [] },
    onReq((id, _, to) => {
      for (const event of forged) to.send(["EVENT", id, event]);
    }),
  );
}
