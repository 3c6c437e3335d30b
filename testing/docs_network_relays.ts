/**
 * The relays of the docs, in a worker: the test of an example does not own their sockets.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import { startHostedRelay } from "./hosted_relay.ts";

// A relay for each host; answers with their addresses.
const hosts: string[] = workerData;
parentPort!.postMessage(hosts.map((host) => [host, new URL(startHostedRelay(host).url).host]));
