/**
 * Asks relays one by one, and says of each how it answered.
 *
 * It has a memory of its own, so that no failure of earlier keeps a relay from being asked now,
 * and signs in nowhere: it sees what a stranger sees.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { verifyEvent } from "nostr-tools/pure";
import { type Clock, systemClock } from "../base/clock.ts";
import { Semaphore } from "../base/semaphore.ts";
import { askRelay } from "../connections/ask_relay.ts";
import { ConnectTimeout } from "../connections/connect_timeout.ts";
import { publishToRelay } from "../connections/publish_to_relay.ts";
import { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayRequestOptions } from "../connections/relay_request.ts";
import { RelaySocket } from "../connections/relay_socket.ts";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { fetchRelayInfo, type RelayInfo } from "../relays/relay_info.ts";
import { RelayMemory } from "../relays/relay_memory.ts";

/** What went wrong at a relay. */
export interface ProbeFailure {
  readonly reason: RelayFailure;
  /** What was seen, or the relay's own words. */
  readonly text: string;
}

/** How a relay answered. */
export interface ProbeAnswer {
  readonly url: string;
  /** What it sent, each once; only events with a valid signature. */
  readonly events: readonly NostrEvent[];
  /** What the answer to the first filter proves; `unknown` without an answer. */
  readonly proof: AnswerProof;
  /** Absent if it answered. */
  readonly failure?: ProbeFailure;
}

/** What a prober needs. */
export interface RelayProberOptions {
  /** Called with what is no fault of a relay. */
  readonly onError: (error: Error) => void;
  readonly clock?: Clock;
  /** Random numbers in [0, 1), for the jitter of waits. */
  readonly random?: () => number;
}

/** Longest that a relay may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Most relays that are connected at once. */
const MAX_CONNECTING = 10;

/** See the module. */
export class RelayProber {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #options: RelayProberOptions;
  readonly #memory: RelayMemory;
  readonly #semaphore = new Semaphore(MAX_CONNECTING);
  readonly #connectTimeout = new ConnectTimeout();
  readonly #connectors = new Map<string, RelayConnector>();

  /** Connects to nothing yet. */
  constructor(options: RelayProberOptions) {
    const { clock = systemClock, random = Math.random, onError } = options;
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#memory = new RelayMemory({ clock, random, onError });
  }

  /** Asks a relay for stored events. Never rejects. */
  async ask(
    url: string,
    filters: readonly [NostrFilter, ...NostrFilter[]],
    signal: AbortSignal,
  ): Promise<ProbeAnswer> {
    const events = new Map<string, NostrEvent>();
    const { answered, proofs = new Map(), error } = await askRelay(
      this.#connector(url),
      filters,
      this.#requestOptions(),
      {
        onEvent: (event) => void events.set(event.id, event),
        signal,
        timeout: ANSWER_TIMEOUT_MS,
      },
    );
    const first = [...proofs].filter(([filter]) => isPartOf(filter, filters[0]))
      .map(([, proof]) => proof);
    return {
      url,
      events: [...events.values()],
      proof: answered ? weakestProof(first) : "unknown",
      ...answered ? {} : { failure: failureOf(error) },
    };
  }

  /** Offers an event to a relay; the result is why it did not take it. Never rejects. */
  async offer(
    url: string,
    event: NostrEvent,
    signal: AbortSignal,
  ): Promise<ProbeFailure | undefined> {
    try {
      await publishToRelay(event, this.#connector(url), this.#requestOptions(), signal);
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Fetches a relay's description of itself (NIP-11). Never rejects. */
  info(url: string, signal: AbortSignal): Promise<RelayInfo> {
    return fetchRelayInfo(url, { signal, clock: this.#clock });
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#connectors.values()].map((connector) => connector.close()));
    await this.#memory.close();
  }

  #requestOptions(): RelayRequestOptions {
    return {
      clock: this.#clock,
      memory: this.#memory,
      random: this.#random,
      maxPages: 0,
      rank: 0,
      onRelayError: () => {},
    };
  }

  #connector(url: string): RelayConnector {
    let connector = this.#connectors.get(url);
    if (!connector) {
      connector = new RelayConnector(url, {
        open: (url, hooks) => new RelaySocket(url, hooks),
        clock: this.#clock,
        memory: this.#memory,
        random: this.#random,
        semaphore: this.#semaphore,
        connectTimeout: this.#connectTimeout,
        verifyEvent,
        idleTimeout: ANSWER_TIMEOUT_MS,
        onRelayError: () => {},
        onError: this.#options.onError,
        onConnected: () => {},
      });
      this.#connectors.set(url, connector);
    }
    return connector;
  }
}

/** Whether a filter is another, or a part of it: it has the same keys. */
function isPartOf(part: NostrFilter, whole: NostrFilter): boolean {
  const keys = (filter: NostrFilter) => Object.keys(filter).sort().join();
  return part === whole || keys(part) === keys(whole);
}

function failureOf(error: unknown): ProbeFailure {
  if (!(error instanceof RelayFailureError)) {
    return { reason: "no-answer", text: `no answer within ${ANSWER_TIMEOUT_MS / 1000} s` };
  }
  const { reason, message, relay } = error;
  return { reason, text: message.replace(`Relay ${relay} failed (${reason}): `, "") };
}
