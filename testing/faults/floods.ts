/**
 * Relays that never stop sending. They are in the test's own process, so they send in
 * slices, wait while the client does not read, and end with the connection.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { getEventHash } from "nostr-tools";
import type { RelayConnection } from "../client_connection.ts";
import { Signer } from "../signer.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Messages between two looks at the rest of the process, unless `count` says otherwise. */
const SLICE = 10;
/** Milliseconds of the rest of the process between two slices. */
const PAUSE = 2;
/** Bytes unsent at which a flood waits. */
const MAX_BACKLOG = 65_536;

const stranger = new Signer(0xbad);
const signature = "0".repeat(128);

/** Faults in how much is sent. Each begins with the first REQ and ends with the connection. */
export const floods = {
  /** Events that match, each another one, signed by `signer`; one who is asked for, for choice. */
  "flood-events": (settings) =>
    flooding(settings, (id, filter, n) => {
      const signer = settings.signer ?? stranger;
      return ["EVENT", id, signer.sign(draft(filter, n))];
    }),
  /** One event that matches, again and again: the first of those it holds. */
  "flood-repeated": (settings) => {
    const [event = stranger.sign()] = settings.events ?? [];
    return flooding(settings, (id) => ["EVENT", id, event]);
  },
  /** Events that seem to match, with right ids and no signatures. */
  "flood-forged": (settings) =>
    flooding(settings, (id, filter, n) => ["EVENT", id, forged(filter, n)]),
  /** Events for a subscription that nobody opened. */
  "flood-foreign": (settings) =>
    flooding(settings, (_, filter, n) => ["EVENT", `nobody's ${n}`, forged(filter, n)]),
  /** Words. */
  "flood-notices": (settings) => flooding(settings, (_id, _filter, n) => ["NOTICE", `news ${n}`]),
} satisfies Record<string, Fault>;

type Next = (id: string, filter: NostrFilter, n: number) => unknown[];

function flooding(settings: FaultSettings, next: Next): FaultHost {
  const running = new Map<RelayConnection, Promise<void>>();
  return relayHost(
    settings,
    onReq((id, [filter = {}], to) => {
      if (!running.has(to)) {
        running.set(to, pour(to, settings.count ?? SLICE, (n) => next(id, filter, n)));
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
    do await new Promise((resume) => setTimeout(resume, PAUSE)); while (
      to.isOpen && to.backlog > MAX_BACKLOG
    );
  }
}

/** What an event must be to match a filter, as far as its author has a say. */
function draft({ kinds = [1], since = 1_700_000_000 }: NostrFilter, n: number) {
  return { kind: kinds[0], created_at: since + n, content: `flood ${n}` };
}

function forged(filter: NostrFilter, n: number): NostrEvent {
  const pubkey = filter.authors?.[0] ?? stranger.pubkey;
  const event = { tags: [], ...draft(filter, n), pubkey };
  return { ...event, id: getEventHash(event), sig: signature };
}
