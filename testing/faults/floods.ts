/**
 * Relays that never stop sending. They run in the test's own process, so they send in
 * slices, wait while the client does not read, and end with the connection. A flood that came faster
 * than a `RelaySocket` of this process reads would grow with all that waits for what is read.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { getEventHash } from "nostr-tools";
import { allRead } from "../../src/connections/relay_socket.ts";
import type { RelayConnection } from "../client_connection.ts";
import { Signer } from "../signer.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Messages that a relay sends before the rest of the process has a turn, unless `count` says otherwise. */
const MESSAGES_PER_SLICE = 10;
/** How long a flood pauses between two slices, so that the rest of the process has a turn. */
const PAUSE_MS = 2;
/** A flood waits while more than this is unsent. */
const MAX_BACKLOG_BYTES = 65_536;

const stranger = new Signer(0xbad);
const signature = "0".repeat(128);

/** Faults in how much is sent. Each begins with the first REQ and ends with the connection. */
export const floods = {
  /** Sends ever new events that match, signed by `signer`, who should be an author of the filter. */
  "flood-events": (settings) =>
    flooding(settings, (id, filter, n) => {
      const signer = settings.signer ?? stranger;
      return ["EVENT", id, signer.sign(draft(filter, n))];
    }),
  /** Sends the first event that it holds again and again. */
  "flood-repeated": (settings) => {
    const [event = stranger.sign()] = settings.events ?? [];
    return flooding(settings, (id) => ["EVENT", id, event]);
  },
  /** Sends events that seem to match, with right ids and false signatures. */
  "flood-forged": (settings) =>
    flooding(settings, (id, filter, n) => ["EVENT", id, forged(filter, n)]),
  /** Sends events for a subscription that the client never opened. */
  "flood-foreign": (settings) =>
    flooding(settings, (_, filter, n) => ["EVENT", `nobody's ${n}`, forged(filter, n)]),
  /** Sends notices. */
  "flood-notices": (settings) => flooding(settings, (_id, _filter, n) => ["NOTICE", `news ${n}`]),
} satisfies Record<string, Fault>;

type Next = (id: string, filter: NostrFilter, n: number) => unknown[];

function flooding(settings: FaultSettings, next: Next): FaultHost {
  const running = new Map<RelayConnection, Promise<void>>();
  return relayHost(
    settings,
    onReq((id, [filter = {}], to) => {
      if (!running.has(to)) {
        running.set(to, pour(to, settings.count ?? MESSAGES_PER_SLICE, (n) => next(id, filter, n)));
      }
      return true;
    }),
    () => Promise.all(running.values()),
  );
}

async function pour(
  to: RelayConnection,
  slice: number,
  next: (n: number) => unknown[],
): Promise<void> {
  for (let n = 0; to.isOpen;) {
    for (let i = 0; i < slice; i++) to.send(next(n++));
    do await new Promise((resume) => setTimeout(resume, PAUSE_MS)); while (
      to.isOpen && to.backlog > MAX_BACKLOG_BYTES
    );
    await allRead();
  }
}

/** The fields of an event that matches a filter, apart from its author. */
function draft({ kinds = [1], since = 1_700_000_000 }: NostrFilter, n: number) {
  return { kind: kinds[0], created_at: since + n, content: `flood ${n}` };
}

function forged(filter: NostrFilter, n: number): NostrEvent {
  const pubkey = filter.authors?.[0] ?? stranger.pubkey;
  const event = { tags: [], ...draft(filter, n), pubkey };
  return { ...event, id: getEventHash(event), sig: signature };
}
