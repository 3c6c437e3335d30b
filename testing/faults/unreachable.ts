/**
 * Relays of which no WebSocket comes about.
 *
 * @module
 */

import { readHead, readToEnd, writeAll } from "../tcp_host.ts";
import { type Fault, type FaultHost, nowhere, relayHost, tcpHost } from "./fault.ts";
import { CERTIFICATE, PRIVATE_KEY } from "./self_signed.ts";

let started = 0;

/** Faults between a URL and an open WebSocket. */
export const unreachable = {
  /** Nobody listens. Port 1 is never given away, so nobody will. */
  "refused": () => nowhere(`ws://127.0.0.1:1/refused/${++started}`),
  /** Takes the connection and never says a word, not even of HTTP. */
  "mute-host": () => tcpHost(readToEnd),
  /** No such host; a label of 64 characters is refused before any packet leaves. */
  "no-such-host": () => nowhere(`ws://${"x".repeat(64)}.example/${++started}`),
  /** `wss://` where only plain HTTP is spoken. */
  "tls-at-plain-port": (settings) => {
    const host = relayHost(settings, {});
    return Object.create(host, { url: { value: host.url.replace("ws:", "wss:") } });
  },
  /** TLS with a certificate that nobody vouches for. */
  "tls-self-signed": () =>
    httpHost(() => new Response("hello"), { cert: CERTIFICATE, key: PRIVATE_KEY }),
  /** An ordinary web page. */
  "http-200": () => httpHost(() => new Response("<!doctype html><p>hello")),
  /** Another address, which is this one again. */
  "http-302": () =>
    httpHost(({ url }) => new Response(null, { status: 302, headers: { location: url } })),
  /** Not for you. */
  "http-403": () => httpHost(() => new Response("forbidden", { status: 403 })),
  /** A proxy whose relay is down. */
  "http-502": () => httpHost(() => new Response("bad gateway", { status: 502 })),
  /** Another protocol altogether. */
  "not-http": () =>
    tcpHost(async (conn) => {
      await readHead(conn);
      await writeAll(conn, "220 mail.example ESMTP\r\n\r\n");
    }),
  /** `new WebSocket(url)` throws: no such port. */
  "bad-url": () => nowhere(`ws://127.0.0.1:${65_536 + ++started}/`),
} satisfies Record<string, Fault>;

/** A web server. It counts requests, since it does not see connections. */
function httpHost(
  answer: (request: Request) => Response,
  tls?: { cert: string; key: string },
): FaultHost {
  let connections = 0;
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls };
  const server = Deno.serve(listen, (request) => {
    connections++;
    return answer(request);
  });
  return {
    url: `${tls ? "wss" : "ws"}://127.0.0.1:${server.addr.port}/`,
    open: 0,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
