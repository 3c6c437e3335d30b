/**
 * Starts a thread that verifies signatures, in each runtime in its own way.
 *
 * @module
 */

/** What a thread sends: once that it is ready, then for each batch what is genuine in it. */
export type WorkerMessage = "ready" | {
  readonly batch: number;
  readonly valid: readonly boolean[];
};

/** A thread that verifies batches of events. */
export interface VerifyWorker {
  /** Sends a message to the thread. */
  readonly post: (message: unknown) => void;
  /** Ends the thread; it reports nothing afterwards. */
  readonly end: () => void;
}

/** What a thread reports. */
export interface WorkerListener {
  readonly message: (message: unknown) => void;
  /** The thread could not start, or is gone. */
  readonly failed: (error: Error) => void;
}

/** Starts a thread. May throw; may also report failure later. */
export type CreateWorker = (listener: WorkerListener) => VerifyWorker;

/**
 * Starts `verify_worker` from beside this file, or from beside the bundle that this file is in. As
 * a path that is put together, which no bundler follows: one that looks for the file and does not
 * find it would fail.
 */
export const createWorker: CreateWorker = (listener) => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const url = new URL(`./verify_worker.${extension}`, import.meta.url);
  if (typeof Worker === "function") return webWorker(new Worker(url, MODULE), listener);
  const { Worker: Thread } = nodeThreads();
  return nodeWorker(new Thread(url), listener);
};

const MODULE = { type: "module", name: "verify_worker" } as const;

/** Uses a worker of the app's own, which runs `verify_worker`. */
export function webWorker(worker: Worker, { message, failed }: WorkerListener): VerifyWorker {
  worker.onmessage = ({ data }) => message(data);
  worker.onmessageerror = () => failed(new Error("a message could not be read"));
  worker.onerror = (event) => {
    // Without this, Deno ends the whole program.
    event.preventDefault();
    failed(new Error(event.message));
  };
  return {
    post: (data) => worker.postMessage(data),
    end: () => {
      worker.onmessage = worker.onmessageerror = worker.onerror = null;
      worker.terminate();
    },
  };
}

/** The part of a thread of `node:worker_threads` that is used here. */
export interface NodeThread {
  on(name: string, listener: (value: unknown) => void): unknown;
  removeAllListeners(): unknown;
  postMessage(value: unknown): void;
  terminate(): unknown;
  unref(): void;
}

/** Uses a thread of Node. */
export function nodeWorker(thread: NodeThread, { message, failed }: WorkerListener): VerifyWorker {
  thread.on("message", message);
  for (const name of ["messageerror", "error", "exit"]) {
    thread.on(name, (cause) => failed(new Error(`the thread ended (${name})`, { cause })));
  }
  // What waits for an answer keeps the program going: its connection does.
  thread.unref();
  return {
    post: (data) => thread.postMessage(data),
    end: () => {
      thread.removeAllListeners();
      thread.terminate();
    },
  };
}

/** The part of `node:worker_threads` that is used here. */
export interface NodeThreads {
  readonly Worker: new (url: URL) => NodeThread;
  readonly parentPort: Pick<NodeThread, "on" | "postMessage"> | null;
}

/**
 * The module `node:worker_threads`, without importing it, which other runtimes could not.
 *
 * @throws {Error} Where there is none.
 */
export function nodeThreads(): NodeThreads {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => NodeThreads | undefined };
  };
  const threads = process?.getBuiltinModule?.("node:worker_threads");
  if (!threads) throw new Error("Cannot start a worker: this runtime has none");
  return threads;
}
