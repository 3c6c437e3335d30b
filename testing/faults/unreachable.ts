/**
 * Relays to which no WebSocket opens.
 *
 * @module
 */

import { readHead, readToEnd, writeAll } from "../tcp_host.ts";
import { type Fault, type FaultHost, nowhere, relayHost, tcpHost } from "./fault.ts";
import { CERTIFICATE, PRIVATE_KEY } from "./self_signed.ts";

let started = 0;

/** Faults between a URL and an open WebSocket. */
export const unreachable = {
  /** Refuses connections: nothing ever listens at port 1. */
  "refused": () => nowhere(`ws://127.0.0.1:1/refused/${++started}`),
  /** Accepts the connection and never sends anything, not even HTTP. */
  "mute-host": () => tcpHost(readToEnd),
  /** Names no host: a label of 64 characters fails before any packet leaves. */
  "no-such-host": () => nowhere(`ws://${"x".repeat(64)}.example/${++started}`),
  /** Speaks plain HTTP at a `wss://` URL. */
  "tls-at-plain-port": (settings) => {
    const host = relayHost(settings, {});
    return Object.create(host, { url: { value: host.url.replace("ws:", "wss:") } });
  },
  /** Speaks TLS with a self-signed certificate. */
  "tls-self-signed": () =>
    httpHost(() => new Response("hello"), { cert: CERTIFICATE, key: PRIVATE_KEY }),
  /** Answers with a web page. */
  "http-200": () => httpHost(() => new Response("<!doctype html><p>hello")),
  /** Redirects to itself. */
  "http-302": () =>
    httpHost(({ url }) => new Response(null, { status: 302, headers: { location: url } })),
  /** Forbids access. */
  "http-403": () => httpHost(() => new Response("forbidden", { status: 403 })),
  /** Answers like a proxy whose relay is down. */
  "http-502": () => httpHost(() => new Response("bad gateway", { status: 502 })),
  /** Speaks another protocol. */
  "not-http": () =>
    tcpHost(async (conn) => {
      await readHead(conn);
      await writeAll(conn, "220 mail.example ESMTP\r\n\r\n");
    }),
  /** Makes `new WebSocket(url)` throw: the port is above 65,535. */
  "bad-url": () => nowhere(`ws://127.0.0.1:${65_536 + ++started}/`),
} satisfies Record<string, Fault>;

/** A web server. It counts requests as connections, which it does not see. */
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
