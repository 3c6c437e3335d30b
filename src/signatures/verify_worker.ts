/**
 * What a thread runs that verifies signatures: takes batches of events, and answers each with what
 * is genuine in it. In a thread that is none, it does nothing.
 *
 * @module
 */

import { nodeThreads } from "./create_worker.ts";
import { checkPlainly, eventOf, loadCheck, type SignedText } from "./signature_check.ts";

/** A thread's side of the messages. */
interface Port {
  readonly post: (message: unknown) => void;
  readonly listen: (listener: (message: Batch) => void) => void;
}

/** Events to be verified together. */
interface Batch {
  readonly batch: number;
  readonly items: readonly SignedText[];
}

function ownPort(): Port | undefined {
  if ("WorkerGlobalScope" in globalThis) {
    const scope = globalThis as unknown as Worker;
    return {
      post: (message) => scope.postMessage(message),
      listen: (listener) => scope.onmessage = ({ data }) => listener(data),
    };
  }
  const parent = "document" in globalThis ? null : nodeThreads().parentPort;
  return parent === null ? undefined : {
    post: (message) => parent.postMessage(message),
    listen: (listener) => void parent.on("message", (value) => listener(value as Batch)),
  };
}

const port = ownPort();
if (port) {
  // WebAssembly takes a moment to load.
  let check = checkPlainly;
  loadCheck().then((loaded) => check = loaded);
  port.listen(({ batch, items }) =>
    port.post({ batch, valid: items.map((item) => check(eventOf(item))) })
  );
  port.post("ready");
}
