/**
 * Relays whose frames hold no message of the protocol.
 *
 * @module
 */

import type { RelayConnection } from "../client_connection.ts";
import { readHead, shakeHands, writeAll } from "../tcp_host.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost, tcpHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** The content of `huge-frame`: more than any relay's limit. */
const HUGE_CONTENT_BYTES = 50 * 2 ** 20;

/** Faults of one frame. A proper answer follows if the connection still stands. */
export const frames = {
  /** Sends a message that breaks off in the middle. */
  "half-json": (settings) => before(settings, (id, to) => to.send(`["EVENT","${id}",{"id":"00000`)),
  /** Sends text that is not JSON, and JSON that is no message. */
  "not-a-message": (settings) =>
    before(settings, (id, to) => {
      const junk = [
        "",
        "hello",
        "null",
        "{}",
        "[]",
        '["EVENT"]',
        '["EOSE",7]',
        `["EVENT","${id}",7]`,
      ];
      for (const text of junk) to.send(text);
    }),
  /** Sends arrays in arrays, 100,000 deep. */
  "deep-json": (settings) =>
    before(settings, (id, to) => {
      to.send(`["EVENT","${id}",${"[".repeat(100_000)}${"]".repeat(100_000)}]`);
    }),
  /** Sends bytes that are not UTF-8. */
  "binary": (settings) => before(settings, (_, to) => to.send(new Uint8Array([0x5b, 0xff, 0x00]))),
  /** Sends an event of 50 MB with a false signature. */
  "huge-frame": (settings) => before(settings, (id, to) => to.send(hugeEvent(id))),
  /** Sends the beginning of a WebSocket frame, and drops the connection without a closing handshake. */
  "torn-frame": () =>
    tcpHost(async (conn) => {
      await shakeHands(conn);
      await conn.read(new Uint8Array(4_096));
      // The head of a text frame of 100 bytes, and four of them.
      await writeAll(conn, new Uint8Array([0x81, 100, 0x5b, 0x22, 0x45, 0x56]));
    }),
  /** Sends a frame with an opcode that the WebSocket protocol does not know. */
  "bad-opcode": () =>
    tcpHost(async (conn) => {
      await shakeHands(conn);
      await writeAll(conn, new Uint8Array([0x8f, 1, 0x5b]));
      await readHead(conn);
    }),
} satisfies Record<string, Fault>;

function before(
  settings: FaultSettings,
  send: (id: string, to: RelayConnection) => void,
): FaultHost {
  return relayHost(settings, onReq((id, _, to) => send(id, to)));
}

function hugeEvent(id: string): string {
  const [hash, signature] = ["0".repeat(64), "0".repeat(128)];
  return `["EVENT","${id}",{"id":"${hash}","pubkey":"${hash}","created_at":1700000000,"kind":1,` +
    `"tags":[],"content":"${"x".repeat(HUGE_CONTENT_BYTES)}","sig":"${signature}"}]`;
}
