/**
 * Fetches a stranger's JSON document over HTTP, within bounds of time and size.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";
import { type Clock, systemClock } from "./clock.ts";
import { messageOf } from "./message_of.ts";

/** How a document is fetched. */
export interface FetchJsonOptions {
  /**
   * Used instead of the platform's `fetch`.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
  /**
   * Measures the timeout.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * Milliseconds after which the request is given up.
   * @default 5_000
   */
  readonly timeout?: number;
  /**
   * Size of the longest document that is read, in bytes.
   * @default 65_536
   */
  readonly maxBytes?: number;
}

/** Any JSON document, or the reason why there is none. */
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
 * Never rejects, whatever the server or the `signal` does. Does not follow redirects: the
 * caller has checked this URL, not where it may lead. Sends no cookies and no referrer.
 *
 * @param url An `https:` or `http:` URL.
 * @param accept The media type to ask for.
 */
export async function fetchJson(
  url: string,
  accept: string,
  options: FetchJsonOptions = {},
): Promise<FetchedJson> {
  const { signal, clock = systemClock, timeout = 5_000 } = options;
  const controller = new AbortController();
  // The answer races against this promise, so it need not end by itself.
  const ended = Promise.withResolvers<FetchedJson>();
  const end = (reason: string) => {
    ended.resolve({ reason });
    controller.abort();
  };
  const cancel = clock.after(timeout, () => end(`no answer within ${timeout} ms`));
  const release = onAbort(signal, () => end("aborted"));
  try {
    return await Promise.race([ended.promise, answer(url, accept, options, controller.signal)]);
  } finally {
    cancel();
    release();
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
  // Browsers hide the status of a redirect.
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) return "a redirect";
  return ok ? undefined : `HTTP ${status}`;
}

/** The body; `undefined` as soon as it proves too long. */
async function textOf(
  { body }: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (body === null) return "";
  const reader = body.getReader();
  // An app's own `fetch` may ignore the signal. (A listener must not return a promise: if it
  // rejects, Node ends the process.)
  let cancelled: Promise<void> | undefined;
  const release = onAbort(signal, () => {
    cancelled = reader.cancel();
  });
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
    release();
    await (cancelled ?? reader.cancel());
  }
}
