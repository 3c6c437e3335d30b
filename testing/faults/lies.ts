/**
 * Relays that send what nobody asked for, or what nobody signed.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { Signer } from "../signer.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

const stranger = new Signer(0xbad);

/** Faults in what the events are that a relay sends. */
export const lies = {
  /** Before its answer, all that it holds, asked for or not, and a stranger's post. */
  "mismatched": (settings) =>
    relayHost(
      settings,
      onReq((id, _, to) => {
        to.send(["EVENT", id, stranger.sign()]);
        for (const event of settings.events ?? []) to.send(["EVENT", id, event]);
      }),
    ),
  /** What it holds, with other words under the same id and signature, and EOSE. */
  "forged-content": (settings) => forging(settings, (event) => ({ ...event, content: "forged" })),
  /** What it holds, under other ids, and EOSE. */
  "forged-id": (settings) => forging(settings, (event) => ({ ...event, id: "f".repeat(64) })),
  /** What it holds, with signatures that are none, and EOSE. */
  "forged-signature": (settings) => forging(settings, forgeSignature),
} satisfies Record<string, Fault>;

/** An event that says what its author did not sign; id and words belong together. */
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
