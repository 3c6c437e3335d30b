/**
 * Hosts the relays of a benchmark in a thread of their own.
 *
 * @module
 */

import type { LoopbackTask } from "./loopback_network.ts";
import { startWorld } from "./loopback_worlds.ts";

addEventListener("message", async (message) => {
  const { data, ports: [port] } = message as MessageEvent<LoopbackTask>;
  const { about, traffic } = await startWorld(data);
  // Any message requests the traffic since the last one.
  port.onmessage = () => port.postMessage(traffic());
  port.postMessage(about);
});
