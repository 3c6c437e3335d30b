/**
 * The simulated network of the six screens, which counts what each screen costs.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { createRandom } from "../testing/random.ts";
import { drawNatures } from "./sim_nature.ts";
import { SimNetwork } from "./sim_network.ts";
import type { ScreenWorld } from "./screens_world.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What a screen costs. Relay lists are left out: they are nobody's screen. */
export interface ScreenCost {
  /** Events that came over the wire. */
  moved: number;
  /** The different ones among them. */
  readonly different: Set<number>;
  /** REQs sent. */
  reqs: number;
  /** Of all REQs, those for relay lists alone. */
  listReqs: number;
  /** Times that a relay was opened. */
  opened: number;
  /** Relays that were opened or sent a REQ. */
  readonly relays: Set<string>;
  /** By relay, the people whose posts it was asked for. */
  readonly askedFor: Map<string, Set<string>>;
}

/** The kind of relay lists (NIP-65), and of others like them. */
const isListKind = (kind: number) => kind >= 10_000 && kind < 20_000;

/** See the module. */
export class ScreenNetwork extends SimNetwork {
  readonly screens: ScreenWorld;
  /** What it cost since the last {@link begin}. */
  cost: ScreenCost = emptyCost();

  /** The app starts at that time, in Unix seconds. */
  constructor(screens: ScreenWorld, seed: number, now: number) {
    const natures = drawNatures(screens.world, seed);
    super(screens.world, new VirtualClock(1000 * now), natures, createRandom(seed + now));
    this.screens = screens;
  }

  /** The time, in Unix seconds. */
  get now(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** Counts from zero. */
  begin(): void {
    this.cost = emptyCost();
  }

  override asks(url: string, filters: readonly NostrFilter[]): void {
    super.asks(url, filters);
    const { cost } = this;
    if (filters.every(({ kinds }) => kinds?.every(isListKind))) {
      cost.listReqs++;
      return;
    }
    cost.reqs++;
    cost.relays.add(url);
    for (const { authors = [], kinds, limit } of filters) {
      if (limit === 0 || !(kinds?.includes(1) ?? true)) continue;
      let asked = cost.askedFor.get(url);
      if (!asked) cost.askedFor.set(url, asked = new Set());
      for (const pubkey of authors) asked.add(pubkey);
    }
  }

  override event(index: number): NostrEvent {
    const event = this.screens.corpus.event(index);
    if (!isListKind(event.kind)) {
      this.cost.moved++;
      this.cost.different.add(index);
    }
    return event;
  }

  protected override opens(url: string): void {
    super.opens(url);
    this.cost.opened++;
    this.cost.relays.add(url);
  }

  protected override find(url: string, filter: NostrFilter): Iterable<number> {
    return this.screens.corpus.answer(url, filter, this.now);
  }
}

function emptyCost(): ScreenCost {
  return {
    moved: 0,
    different: new Set(),
    reqs: 0,
    listReqs: 0,
    opened: 0,
    relays: new Set(),
    askedFor: new Map(),
  };
}
