/**
 * The surroundings of a part of the connections: scripted relays, a clock, a memory,
 * and the failures reported.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import { Workload } from "../src/base/workload.ts";
import { Semaphore } from "../src/base/semaphore.ts";
import { ConnectTimeout } from "../src/connections/connect_timeout.ts";
import type { OpenOptions } from "../src/connections/open_relay.ts";
import { RelayConnector, type RelayConnectorOptions } from "../src/connections/relay_connector.ts";
import type { RelayFailureError } from "../src/nostr/errors.ts";
import { FakeMemory } from "./fake_memory.ts";
import type { VerifyEvent } from "../src/nostr/verification_cache.ts";
import { type Script, ScriptedRelay } from "./scripted_relay.ts";
import type { ScriptedReq } from "./scripted_req.ts";
import { START, TestClock } from "./test_clock.ts";

/** The relay of tests that need only one. */
export const RELAY = "wss://relay.example/";

/** See the module. */
export class ScriptedNetwork {
  readonly clock: TestClock = new TestClock();
  /** How long events wait to be verified. */
  readonly workload: Workload = new Workload(this.clock);
  readonly fake: FakeMemory = new FakeMemory();
  /** The scripts of relays by URL; `""` is for all others. */
  readonly scripts: Map<string, Script> = new Map([["", {}]]);
  /** Every connection that was opened. */
  readonly relays: ScriptedRelay[] = [];
  /** When each was opened, in milliseconds since the start. */
  readonly openedAt: number[] = [];
  /** The options that each was opened with. */
  readonly options: OpenOptions[] = [];
  /** The failures that were reported. */
  readonly failures: RelayFailureError[] = [];
  /** All other errors that were reported. */
  readonly errors: Error[] = [];
  /** Events that count as forged. */
  readonly forged: Set<NostrEvent> = new Set();
  /** How events are verified. @default at once */
  verifyEvent: VerifyEvent = (event) => !this.forged.has(event);
  readonly semaphore: Semaphore = new Semaphore(10);
  readonly #links = new Map<string, RelayConnector>();

  constructor(script: Script = {}) {
    this.scripts.set("", script);
  }

  /** The newest connection. */
  get last(): ScriptedRelay {
    return this.relays[this.relays.length - 1];
  }

  /** Every REQ at every relay that is neither closed nor over. */
  get live(): ScriptedReq[] {
    return this.relays.flatMap(({ live }) => live);
  }

  readonly open = (url: string, options: OpenOptions): ScriptedRelay => {
    this.openedAt.push(this.clock.now() - START * 1000);
    this.options.push(options);
    const relay = new ScriptedRelay(url, options, this.scripts.get(url) ?? this.scripts.get("")!);
    this.relays.push(relay);
    return relay;
  };

  /** The options of connectors. */
  get linkOptions(): RelayConnectorOptions {
    return {
      open: this.open,
      clock: this.clock,
      memory: this.fake.memory,
      random: () => 0.5,
      semaphore: this.semaphore,
      connectTimeout: new ConnectTimeout(),
      verifyEvent: this.workload.measured((event) => this.verifyEvent(event)),
      idleTimeout: 30_000,
      onRelayError: (error) => this.failures.push(error),
      onError: (error) => this.errors.push(error),
      onConnected: () => {},
    };
  }

  /** The connector of a relay, one for each URL. */
  link(url: string = RELAY, options: Partial<RelayConnectorOptions> = {}): RelayConnector {
    const known = this.#links.get(url);
    if (known) return known;
    const link = new RelayConnector(url, { ...this.linkOptions, ...options });
    this.#links.set(url, link);
    return link;
  }
}

/** A relay that holds these events, and answers each filter with its newest, at most `cap`. */
export function holding(events: readonly NostrEvent[], cap = Infinity): Script {
  return { onReq: (req) => req.send(...found(events, req.filters, cap)).eose() };
}

/** The answer of a relay with a cap to some filters. */
export function found(
  events: readonly NostrEvent[],
  filters: readonly NostrFilter[],
  cap = Infinity,
): NostrEvent[] {
  const newest = [...events].sort((a, b) => b.created_at - a.created_at);
  const all = filters.flatMap((filter) =>
    newest.filter((event) => matchFilters([filter], event))
      .slice(0, Math.min(filter.limit ?? Infinity, cap))
  );
  return [...new Set(all)];
}
