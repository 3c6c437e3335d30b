/**
 * One session with a scripted relay, and all that it tells.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { RelayConnection } from "../../src/connections/relay_connection.ts";
import type { RelaySubscription } from "../../src/connections/relay_subscription.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script, ScriptedRelay } from "../../testing/scripted_relay.ts";

/** See the module. */
export class SessionTest {
  readonly network: ScriptedNetwork;
  readonly session: RelayConnection;
  /** After how many milliseconds it told that it was open, each time. */
  readonly opened: number[] = [];
  /** How it told that it was over, each time. */
  readonly ended: RelayFailureError[] = [];
  readonly notices: string[] = [];
  /** Every event that was verified. */
  readonly verified: NostrEvent[] = [];
  maxSubscriptions = 10;
  connectTimeout = 5_000;

  constructor(script: Script = {}) {
    this.network = new ScriptedNetwork(script);
    const { clock, open, errors, forged } = this.network;
    this.session = new RelayConnection(RELAY, {
      open,
      clock,
      verifyEvent: (event) => {
        this.verified.push(event);
        return !forged.has(event);
      },
      maxSubscriptions: () => this.maxSubscriptions,
      connectTimeout: () => 5_000,
      onOpen: (ms) => this.opened.push(ms),
      onEnd: (error) => this.ended.push(error),
      onNotice: (words) => this.notices.push(words),
      onError: (error) => errors.push(error),
    });
    this.session.whenOpen().then(() => {}, () => {});
    this.session.start();
  }

  /** The relay on the other side. */
  get relay(): ScriptedRelay {
    return this.network.last;
  }

  /** Subscribes, and notes what comes of it. */
  readonly subscribe = (filters: NostrFilter[] = [{}]): Told => {
    const told = new Told();
    told.subscription = this.session.subscribe(filters, told, () => told.places++);
    return told;
  };
}

/** What a subscription told. */
export class Told {
  subscription?: RelaySubscription;
  readonly events: NostrEvent[] = [];
  eoses = 0;
  readonly errors: RelayFailureError[] = [];
  /** How often its place was given back. */
  places = 0;

  readonly event = (event: NostrEvent): number => this.events.push(event);
  readonly eose = (): number => this.eoses++;
  readonly end = (error: RelayFailureError): number => this.errors.push(error);
}
