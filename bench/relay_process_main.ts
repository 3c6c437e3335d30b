/**
 * Hosts the relays of a benchmark in a process of their own: the first line of stdin is the task,
 * and its answer what clients may know; any further line requests the traffic since the last one.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { stdin } from "node:process";
import { startWorld } from "./loopback_worlds.ts";

const lines = createInterface({ input: stdin });
let traffic: (() => unknown) | undefined;
for await (const line of lines) {
  if (traffic) console.log(JSON.stringify(traffic()));
  else {
    const world = await startWorld(JSON.parse(line));
    traffic = world.traffic;
    console.log(JSON.stringify(world.about));
  }
}
Deno.exit(0);
