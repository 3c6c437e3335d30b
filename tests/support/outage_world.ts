/**
 * Many open feeds at one relay that goes away for a while, in virtual time.
 *
 * @module
 */

import { RelayRequest } from "../../src/connections/relay_request.ts";
import { RelayMemory, type RelayMemoryOptions } from "../../src/relays/relay_memory.ts";
import { createRandom } from "../../testing/random.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { SECOND_MS } from "./relay_records.ts";

/** Another relay, which works all the time: so the network does, too. */
const WITNESS = "wss://witness.example/";
/** How often a test looks whether feeds go on. */
const LOOK_MS = 250;

/** Feeds over one connector, with a real memory of relays. */
export class OutageWorld extends ScriptedNetwork {
  readonly memory: RelayMemory;
  /** How often each feed was told that the relay is lost. */
  readonly lost: number[] = [];
  /** Whether the relay refuses connections. */
  isDown = false;
  readonly #random: () => number;

  constructor(seed = 1, options: Partial<RelayMemoryOptions> = {}) {
    super();
    this.#random = createRandom(seed);
    this.memory = new RelayMemory({
      clock: this.clock,
      random: this.#random,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    const connect = () => {
      this.memory.delivered(WITNESS, 1);
      return this.isDown ? "refuse" : "open";
    };
    const script: Script = {
      get connect() {
        return connect();
      },
      onReq: (req) => req.eose(),
    };
    this.scripts.set(RELAY, script);
  }

  /** Opens so many feeds; each asks for a tag of its own. */
  openFeeds(feeds: number): void {
    const connector = this.link(RELAY, { memory: this.memory });
    for (let i = 0; i < feeds; i++) {
      const options = {
        clock: this.clock,
        memory: this.memory,
        random: this.#random,
        maxPages: 20,
        rank: 0,
      };
      const feed = this.lost.push(0) - 1;
      const request = new RelayRequest(connector, [{ "#t": [`${feed}`] }], options, {
        event: () => {},
        late: () => {},
        lost: () => this.lost[feed]++,
        settled: () => {},
      });
      void request.run(new AbortController().signal);
    }
  }

  /** How many feeds have a REQ open at the relay. */
  get going(): number {
    const live = this.relays.filter(({ isOpen }) => isOpen).flatMap(({ live }) => live);
    return new Set(live.map(({ filters }) => filters[0]["#t"]?.[0])).size;
  }

  /** Takes the relay away for so many seconds. */
  async outage(seconds: number): Promise<void> {
    this.isDown = true;
    for (const relay of this.relays) if (relay.isOpen) relay.cut();
    await this.clock.advance(seconds * SECOND_MS);
    this.isDown = false;
  }

  /** How many seconds pass until all feeds go on; at most an hour. */
  async secondsUntilBack(): Promise<number> {
    for (let ms = 0; ms < 3_600_000; ms += LOOK_MS) {
      await this.clock.advance(0);
      if (this.going === this.lost.length) return ms / SECOND_MS;
      await this.clock.advance(LOOK_MS);
    }
    return Infinity;
  }
}
