/**
 * A relay's description of itself over HTTP (NIP-11), with all that can go wrong.
 *
 * @module
 */

/** What a request for `application/nostr+json` is answered with. */
export interface RelayInfoAnswer {
  /** The document; a string goes out as it is. @default {} */
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

/** Answers as described, or with 503 if `down` comes first. */
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
