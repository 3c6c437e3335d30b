/**
 * How the relays of a world behave on the wire: how the dead ones fail, and what the
 * living ones refuse.
 *
 * @module
 */

import { createRandom, type Random } from "../testing/random.ts";
import type { World, WorldRelay } from "../testing/world/world.ts";

/**
 * How a relay fails.
 *
 * - `refused`: at once (no such host, connection refused, TLS).
 * - `http`: an HTTP answer instead of a WebSocket, about when it would have opened.
 * - `hang`: nothing ever comes.
 * - `auth`: it connects, and closes every subscription with `auth-required`.
 */
export type Ailment = "refused" | "http" | "hang" | "auth";

/** One relay on the wire. */
export interface Nature {
  readonly relay: WorldRelay;
  /** Absent for a living relay. */
  readonly ailment?: Ailment;
  /** Most filters it takes in one REQ. */
  readonly maxFilters: number;
  /** Most subscriptions it keeps open on one connection. */
  readonly maxSubscriptions: number;
  /** Refuses by a NOTICE, which names no subscription, where others send CLOSED. */
  readonly notices: boolean;
  /** Has an information document (NIP-11). */
  readonly hasInfo: boolean;
}

/**
 * How the dead fail, in shares that sum up to one. Of fifteen relays that never
 * answered in 98 days of probes, seven had no DNS entry, six answered in HTTP and two
 * not at all. The last share is that of relays which live for others only.
 */
const AILMENTS: readonly (readonly [Ailment, number])[] = [
  ["refused", 0.45],
  ["http", 0.35],
  ["hang", 0.15],
  ["auth", 0.05],
];

/** Share of living relays that have an information document. */
const INFO = 0.8;

/**
 * Draws what a world leaves open. Relays that answer with a thousand events or more
 * are taken for nostream, which wants at most 10 filters in a REQ and says so in a
 * NOTICE; the others for strfry, which takes 200 and sends CLOSED.
 */
export function drawNatures(world: World, seed: number): Map<string, Nature> {
  const random = createRandom(seed);
  return new Map(world.relays.map((relay) => {
    const isNostream = relay.cap >= 1000;
    const ailment = drawAilment(random);
    const hasInfo = random() < INFO;
    return [relay.url, {
      relay,
      ...(relay.dead ? { ailment } : {}),
      maxFilters: isNostream ? 10 : 200,
      maxSubscriptions: isNostream ? 10 : 20,
      notices: isNostream,
      hasInfo,
    }];
  }));
}

function drawAilment(random: Random): Ailment {
  let left = random();
  for (const [ailment, share] of AILMENTS) if ((left -= share) < 0) return ailment;
  return "refused";
}

/** The same relays on a day on which that share of the living is down for a while. */
export function withOutages(
  natures: ReadonlyMap<string, Nature>,
  share: number,
  random: Random,
): Map<string, Nature> {
  return new Map([...natures].map(([url, nature]) => {
    const isDown = random() < share;
    const ailment = nature.ailment ?? (isDown ? drawAilment(random) : undefined);
    return [url, ailment ? { ...nature, ailment } : nature];
  }));
}
