/**
 * Relays whose frames hold no message of the protocol.
 *
 * @module
 */

import type { RelayConnection } from "../client_connection.ts";
import { readHead, shakeHands, writeAll } from "../tcp_host.ts";
import { type Fault, type FaultHost, type FaultSettings, relayHost, tcpHost } from "./fault.ts";
import { onReq } from "./on_req.ts";

/** Most bytes in the frame of `huge-frame`: more than any relay's limit. */
const HUGE = 50 * 2 ** 20;

/** Faults of one frame; a proper answer follows where the connection still stands. */
export const frames = {
  /** A message that breaks off in the middle. */
  "half-json": (settings) => before(settings, (id, to) => to.send(`["EVENT","${id}",{"id":"00000`)),
  /** Not JSON, and JSON that is no message. */
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
  /** Arrays in arrays, 100,000 deep. */
  "deep-json": (settings) =>
    before(settings, (id, to) => {
      to.send(`["EVENT","${id}",${"[".repeat(100_000)}${"]".repeat(100_000)}]`);
    }),
  /** Bytes that are no text. */
  "binary": (settings) => before(settings, (_, to) => to.send(new Uint8Array([0x5b, 0xff, 0x00]))),
  /** An event of 50 MB, which nobody signed. */
  "huge-frame": (settings) => before(settings, (id, to) => to.send(hugeEvent(id))),
  /** The beginning of a WebSocket frame, and then the connection is gone, without a closing handshake. */
  "torn-frame": () =>
    tcpHost(async (conn) => {
      await shakeHands(conn);
      await conn.read(new Uint8Array(4_096));
      // A text of 100 bytes, of which four come.
      await writeAll(conn, new Uint8Array([0x81, 100, 0x5b, 0x22, 0x45, 0x56]));
    }),
  /** A frame that the WebSocket protocol does not know. */
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
    `"tags":[],"content":"${"x".repeat(HUGE)}","sig":"${signature}"}]`;
}
