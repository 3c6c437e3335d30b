/**
 * A test relay's answer to a request for its description (NIP-11), well-formed or not.
 *
 * @module
 */

/** The answer to a request for `application/nostr+json`. */
export interface RelayInfoAnswer {
  /** The document; a string is sent as it is. @default {} */
  readonly body?: unknown;
  /** The HTTP status. @default 200 */
  readonly status?: number;
  /** Headers besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Awaited before the answer. */
  readonly delay?: () => Promise<void>;
}

/** Whether a request asks for a relay's description. */
export function asksForInfo(request: Request): boolean {
  return request.headers.get("accept")?.includes("application/nostr+json") ?? false;
}

/** Answers as described, or with 503 if `down` is aborted first. */
export async function answerInfo(
  { body = {}, status = 200, headers, delay }: RelayInfoAnswer,
  down: AbortSignal,
): Promise<Response> {
  if (delay) {
    const { promise, resolve } = Promise.withResolvers<void>();
    down.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([delay(), promise]);
  }
  if (down.aborted) return new Response(null, { status: 503 });
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: {
      "access-control-allow-origin": "*",
      "content-type": "application/nostr+json",
      ...headers,
    },
  });
}
