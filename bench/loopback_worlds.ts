/**
 * Starts the relays of a benchmark, wherever they are to run.
 *
 * @module
 */

import { startColdWorld } from "./cold_world.ts";
import { startListWorld } from "./discovery_world.ts";
import type { LoopbackTask } from "./loopback_network.ts";
import { type LoopbackRelay, type NetworkTraffic, trafficOf } from "./loopback_relay.ts";
import { startProfileWorld } from "./profile_world.ts";

interface Hosted {
  readonly about: unknown;
  readonly indexers: readonly LoopbackRelay[];
  readonly relays: readonly LoopbackRelay[];
}

/** Relays that run: what clients may know of them, and the traffic since it was last read. */
export interface RunningWorld {
  readonly about: unknown;
  readonly traffic: () => NetworkTraffic;
}

/** Starts a world in this thread. */
export async function startWorld(task: LoopbackTask): Promise<RunningWorld> {
  const { about, indexers, relays } = await start(task);
  const traffic = () => ({ indexers: trafficOf(indexers), relays: trafficOf(relays) });
  return { about, traffic };
}

function start(task: LoopbackTask): Promise<Hosted> {
  switch (task.name) {
    case "cold":
      return startColdWorld(task);
    case "lists":
      return startListWorld(task);
    case "profiles":
      return startProfileWorld(task);
  }
}
