/**
 * A supervisor of scripted relays.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { publishToRelay } from "../../src/connections/publish_to_relay.ts";
import { type RelayOptions, SupervisedRelay } from "../../src/requests/supervised_relay.ts";
import { Supervisor, type SupervisorOptions } from "../../src/requests/supervisor.ts";
import { ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";

/** See the module. */
export class SupervisorTest extends ScriptedNetwork {
  readonly supervisor: Supervisor;
  readonly #requestOptions = {
    clock: this.clock,
    memory: this.fake.memory,
    random: () => 0.5,
    maxPages: 20,
    rank: 0,
  };

  constructor(script: Script = {}, live?: SupervisorOptions["live"]) {
    super(script);
    this.supervisor = new Supervisor({
      connector: this.linkOptions,
      request: { ...this.#requestOptions, timeout: 30_000, stragglerTimeout: 100 },
      live,
    });
  }

  /** What `createOutbox().open()` returns. */
  relay(
    url: string,
    onPublished?: RelayOptions["onPublished"],
    closing?: RelayOptions["closing"],
  ): SupervisedRelay {
    const options = { ...this.#requestOptions, onPublished, closing, publish: publishToRelay };
    return new SupervisedRelay(this.supervisor.connector(url), this.supervisor, options);
  }

  /** A pool that sends every request and event to these relays. */
  pool(...urls: string[]): NPool<SupervisedRelay> {
    return new NPool({
      open: (url) => this.relay(url),
      reqRouter: (filters) => new Map(urls.map((url) => [url, [...filters]])),
      eventRouter: () => urls,
      eoseTimeout: 0,
    });
  }
}
