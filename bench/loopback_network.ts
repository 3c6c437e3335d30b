/**
 * Relays on sockets of this machine, in a thread of their own, so that they take no
 * time from the client that is measured.
 *
 * @module
 */

import type { ColdTask, ColdWorld } from "./cold_world.ts";
import type { ListTask, ListWorld } from "./discovery_world.ts";
import type { NetworkTraffic } from "./loopback_relay.ts";
import type { ProfileTask, ProfileWorld } from "./profile_world.ts";

/** A world to be started. */
export type LoopbackTask = ColdTask | ListTask | ProfileTask;

/** The facts that a client of that world may know. */
export type AboutWorld<Task extends LoopbackTask> = Task extends ColdTask ? ColdWorld
  : Task extends ProfileTask ? ProfileWorld
  : ListWorld;

/** See the module. */
export class LoopbackNetwork<About> implements Disposable {
  /** The facts that clients may know. */
  readonly about: About;
  readonly #worker: Worker;
  readonly #port: MessagePort;

  private constructor(about: About, worker: Worker, port: MessagePort) {
    this.about = about;
    this.#worker = worker;
    this.#port = port;
  }

  /** Starts a world. */
  static async start<Task extends LoopbackTask>(
    task: Task,
  ): Promise<LoopbackNetwork<AboutWorld<Task>>> {
    const worker = new Worker(new URL("./loopback_worker.ts", import.meta.url), {
      type: "module",
    });
    const { port1, port2 } = new MessageChannel();
    const failed = Promise.withResolvers<never>();
    worker.onerror = ({ message }) => failed.reject(new Error(`Cannot start relays: ${message}`));
    worker.postMessage(task, [port2]);
    const about = await Promise.race([answer<AboutWorld<Task>>(port1), failed.promise]);
    return new LoopbackNetwork(about, worker, port1);
  }

  /** The traffic of all clients since the last call. */
  traffic(): Promise<NetworkTraffic> {
    this.#port.postMessage("traffic");
    return answer(this.#port);
  }

  /** Ends all relays. */
  [Symbol.dispose](): void {
    this.#port.close();
    this.#worker.terminate();
  }
}

function answer<T>(port: MessagePort): Promise<T> {
  return new Promise((resolve) => port.onmessage = ({ data }) => resolve(data));
}
