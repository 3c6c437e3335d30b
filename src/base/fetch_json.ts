/**
 * Fetches a JSON document of a stranger over HTTP, within bounds.
 *
 * @module
 */

import { type Clock, systemClock } from "./clock.ts";
import { messageOf } from "./message_of.ts";

/** How a document is fetched. */
export interface FetchJsonOptions {
  /**
   * Fetches, like the platform's own.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Ends the fetching early. */
  readonly signal?: AbortSignal;
  /**
   * Tells when the time is up.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * Milliseconds after which it is given up.
   * @default 5_000
   */
  readonly timeout?: number;
  /**
   * Longest document that is read, in bytes.
   * @default 65_536
   */
  readonly maxBytes?: number;
}

/** A document, whatever it holds, or why there is none. */
export type FetchedJson =
  | { readonly document: unknown; readonly reason?: undefined }
  | {
    readonly document?: undefined;
    /** A clause for a log: `HTTP 404`, `no answer within 5000 ms`, `aborted`. */
    readonly reason: string;
  };

/**
 * Fetches a document.
 *
 * Never rejects, whatever the server or the `signal` does. A redirect is not followed:
 * the caller has checked this URL, not where it may lead. No cookies and no referrer
 * are sent.
 *
 * @param url An `https:` or `http:` URL.
 * @param accept The media type that is asked for.
 */
export async function fetchJson(
  url: string,
  accept: string,
  options: FetchJsonOptions = {},
): Promise<FetchedJson> {
  const { signal, clock = systemClock, timeout = 5_000 } = options;
  const controller = new AbortController();
  // Raced against: nothing that is awaited below needs to end by itself.
  const ended = Promise.withResolvers<FetchedJson>();
  const end = (reason: string) => {
    ended.resolve({ reason });
    controller.abort();
  };
  const abort = () => end("aborted");
  const cancel = clock.after(timeout, () => end(`no answer within ${timeout} ms`));
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    return await Promise.race([ended.promise, answer(url, accept, options, controller.signal)]);
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}

async function answer(
  url: string,
  accept: string,
  { fetch = globalThis.fetch, maxBytes = 65_536 }: FetchJsonOptions,
  signal: AbortSignal,
): Promise<FetchedJson> {
  try {
    const response = await fetch(url, {
      headers: { accept },
      credentials: "omit",
      redirect: "manual",
      referrerPolicy: "no-referrer",
      signal,
    });
    const refusal = refusalOf(response, signal);
    if (refusal !== undefined) {
      await response.body?.cancel();
      return { reason: refusal };
    }
    const text = await textOf(response, maxBytes, signal);
    if (text === undefined) return { reason: `more than ${maxBytes} bytes` };
    return { document: JSON.parse(text) };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

function refusalOf({ ok, status, type }: Response, signal: AbortSignal): string | undefined {
  if (signal.aborted) return "aborted";
  // Browsers do not tell the status of a redirect.
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) return "a redirect";
  return ok ? undefined : `HTTP ${status}`;
}

/** The body; `undefined` if it is too long, of which no more is read than that takes. */
async function textOf(
  { body }: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (body === null) return "";
  const reader = body.getReader();
  // An app's own fetch may not heed the signal. (A listener must not return a
  // promise: Node ends the process when it is rejected.)
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped = reader.cancel();
  };
  signal.addEventListener("abort", stop);
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      left -= value.length;
      if (left < 0) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await (stopped ?? reader.cancel());
  }
}
