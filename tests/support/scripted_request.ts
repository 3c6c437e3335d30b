/**
 * One request on all of its relays, which follow the scripts of a test, and what comes of it.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Reading } from "../../src/base/async_queue.ts";
import { reqPlanner } from "../../src/create_req_router.ts";
import type { Planned } from "../../src/plan/replan.ts";
import { OutboxRequest } from "../../src/requests/outbox_request.ts";
import type { OutboxRequestOptions } from "../../src/requests/outbox_request_options.ts";
import { messagesOf, type RelayMessage } from "../../src/requests/request_listeners.ts";
import type { RouterOptions } from "../../src/router_options.ts";
import { MemorySource, relayList } from "../../testing/memory_source.ts";
import { ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { START } from "../../testing/test_clock.ts";
import { CountedController } from "./counted_signal.ts";
import { AUTHORS } from "./notes.ts";
import { SteadyWork } from "./steady_work.ts";

/** A relay by a letter. */
export const url = (letter: string): string => `wss://${letter}.example/`;

/** What a test sets. */
export interface RequestSettings {
  /** Each author's relays, a letter each: `["ab", "bc"]`. */
  readonly lists?: readonly string[];
  /** What relays do, by letter. */
  readonly scripts?: Readonly<Record<string, Script>>;
  readonly routing?: RouterOptions;
  readonly request?: Partial<OutboxRequestOptions>;
  /** Which share of the time the program is busy. */
  readonly busy?: number;
}

/** See the module. */
export class RequestTest extends ScriptedNetwork {
  readonly controller: CountedController = new CountedController();
  /** All that relays sent, as the pool sees it. */
  readonly events: NostrEvent[] = [];
  /** Each EOSE: when, in milliseconds from the beginning, and the relay's letter. */
  readonly eoses: string[] = [];
  /** Whether all have come to their end. */
  isOver = false;
  readonly #settings: RequestSettings;
  readonly #lists: MemorySource;
  #planned?: Planned;
  /** The request, once it is planned. */
  request?: OutboxRequest;

  constructor(settings: RequestSettings = {}) {
    super();
    this.#settings = settings;
    const lists = (settings.lists ?? []).map((letters, i) => {
      const urls = [...letters].map(url);
      return relayList(AUTHORS[i], { write: urls, read: urls });
    });
    this.#lists = new MemorySource(...lists);
    for (const [letter, script] of Object.entries(settings.scripts ?? {})) {
      this.scripts.set(url(letter), script);
    }
  }

  /** The newest connection to a relay. */
  relay(letter: string) {
    return this.relays.filter((relay) => relay.url === url(letter)).at(-1)!;
  }

  /** The letters of the relays that were connected to, each once. */
  get asked(): string {
    return [...new Set(this.relays.map(({ url }) => url[6]))].join("");
  }

  /** Whether the pool would say EOSE, and when: once every relay of the plan has. */
  get doneAt(): number | undefined {
    const all = this.eoses.length === this.#planned?.plan.routes.size
      ? this.eoses.at(-1)!
      : undefined;
    return all === undefined ? undefined : Number.parseInt(all);
  }

  /** Plans a request, and asks all of its relays. */
  async begin(...filters: NostrFilter[]): Promise<void> {
    const planned = await this.plan(...filters);
    const reading = [...planned.plan.routes.keys()].map((url) => this.join(url[6]));
    Promise.all(reading).then(() => this.isOver = true);
    await this.clock.advance(0);
  }

  /** Plans a request, and asks none of its relays. */
  async plan(...filters: NostrFilter[]): Promise<Planned> {
    const { routing, busy, request: options } = this.#settings;
    const planned = await reqPlanner(this.#lists, { onError: () => {}, ...routing }).plan(filters);
    this.#planned = planned;
    this.request = new OutboxRequest(planned.assignment, {
      clock: this.clock,
      memory: this.fake.memory,
      random: () => 0.5,
      maxPages: 20,
      timeout: 30_000,
      stragglerTimeout: 100,
      connector: (url) => this.link(url),
      workload: busy === undefined ? this.workload : new SteadyWork(this.clock, busy),
      ...options,
    }, planned.replan);
    return planned;
  }

  /** Asks one of its relays, and leaves the reading to the test. */
  messages(letter: string): Reading<RelayMessage> {
    const { plan, assignment } = this.#planned!;
    const connector = this.link(url(letter));
    const relayIndex = assignment.urls.indexOf(connector.url);
    const filters = plan.routes.get(connector.url)!;
    const request = this.request!;
    return messagesOf(
      ({ signal }, push) => request.listen(relayIndex, connector, filters, signal, push),
      this.controller.signal,
    );
  }

  /** Asks one of its relays. */
  async join(letter: string): Promise<void> {
    for await (const message of this.messages(letter)) {
      if (message[0] === "EVENT") this.events.push(message[2]);
      else this.eoses.push(`${this.clock.now() - START * 1000} ${letter} ${message[0]}`);
    }
  }
}
