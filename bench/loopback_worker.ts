/**
 * Hosts the relays of a benchmark in a thread of their own.
 *
 * @module
 */

import { startColdWorld } from "./cold_world.ts";
import { startListWorld } from "./discovery_world.ts";
import type { LoopbackTask } from "./loopback_network.ts";
import { type LoopbackRelay, trafficOf } from "./loopback_relay.ts";
import { startProfileWorld } from "./profile_world.ts";

interface Hosted {
  readonly about: unknown;
  readonly indexers: readonly LoopbackRelay[];
  readonly relays: readonly LoopbackRelay[];
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

addEventListener("message", async (message) => {
  const { data, ports: [port] } = message as MessageEvent<LoopbackTask>;
  const { about, indexers, relays } = await start(data);
  // Any message requests the traffic since the last one.
  port.onmessage = () => {
    port.postMessage({ indexers: trafficOf(indexers), relays: trafficOf(relays) });
  };
  port.postMessage(about);
});
