/**
 * One RelayConnection to a scripted relay, and all that it reports.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { RelayConnection } from "../../src/connections/relay_connection.ts";
import type { RelaySubscription } from "../../src/connections/relay_subscription.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import type { HeldVerifier } from "./held_verifier.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script, ScriptedRelay } from "../../testing/scripted_relay.ts";

/** A connection and its reports. */
export class ConnectionTest {
  readonly network: ScriptedNetwork;
  readonly connection: RelayConnection;
  /** The milliseconds of each report that the connection is open. */
  readonly opened: (number | undefined)[] = [];
  /** Each report that the connection has ended. */
  readonly ended: RelayFailureError[] = [];
  /** Every event that was verified. */
  readonly verified: NostrEvent[] = [];
  maxSubscriptions = 10;
  connectTimeout = 5_000;

  /** @param held Verifies events when the test says so. @default they are verified at once */
  constructor(script: Script = {}, readonly held?: HeldVerifier) {
    this.network = new ScriptedNetwork(script);
    const { clock, open, errors, forged } = this.network;
    this.connection = new RelayConnection(RELAY, {
      open,
      clock,
      verifyEvent: (event) => {
        this.verified.push(event);
        return this.held ? this.held.verify(event) : !forged.has(event);
      },
      maxSubscriptions: () => this.maxSubscriptions,
      connectTimeout: () => 5_000,
      onOpen: (ms) => this.opened.push(ms),
      onEnd: (error) => this.ended.push(error),
      onError: (error) => errors.push(error),
    });
    this.connection.whenOpen().then(() => {}, () => {});
    this.connection.start();
  }

  /** The relay on the other side. */
  get relay(): ScriptedRelay {
    return this.network.last;
  }

  /** Subscribes, and notes what the subscription reports. */
  readonly subscribe = (filters: NostrFilter[] = [{}]): SubscriptionLog => {
    const reports = new SubscriptionLog();
    reports.subscription = this.connection.subscribe(filters, reports, () => reports.releases++);
    return reports;
  };
}

/** What a subscription reports. */
export class SubscriptionLog {
  subscription?: RelaySubscription;
  readonly events: NostrEvent[] = [];
  eoses = 0;
  readonly errors: RelayFailureError[] = [];
  /** How often its slot was released. */
  releases = 0;

  readonly event = (event: NostrEvent): number => this.events.push(event);
  readonly eose = (): number => this.eoses++;
  readonly end = (error: RelayFailureError): number => this.errors.push(error);
}
