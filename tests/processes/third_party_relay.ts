/**
 * The program of a relay of other people's making (@nostr-relay), with events in memory. It is text,
 * since its packages are not among this project's.
 *
 * It prints its address, and takes a line of JSON for each event that it is to have. With the
 * argument `walled` it refuses whoever has not signed in (NIP-42).
 *
 * @module
 */

/** What it imports, as npm installs it. */
export const RELAY_PACKAGES: readonly string[] = [
  ...["core", "common", "validator"].map((name) => `@nostr-relay/${name}@0.0.40`),
  ...["ws@8", "nostr-tools@2"],
];

/** See the module. */
export const RELAY_PROGRAM = `
import { EventRepository } from "@nostr-relay/common";
import { NostrRelay } from "@nostr-relay/core";
import { Validator } from "@nostr-relay/validator";
import { matchFilter } from "nostr-tools";
import { createServer } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const CAP = 50;
const isWalled = process.argv.includes("walled");

class Memory extends EventRepository {
  events = new Map();

  isSearchSupported() {
    return false;
  }

  upsert(event) {
    const isDuplicate = this.events.has(event.id);
    this.events.set(event.id, event);
    return { isDuplicate };
  }

  find({ limit = CAP, ...filter }) {
    return [...this.events.values()].filter((event) => matchFilter(filter, event))
      .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
      .slice(0, Math.min(limit, CAP));
  }

  async destroy() {}
}

const memory = new Memory();
const relay = new NostrRelay(memory, isWalled ? { hostname: "127.0.0.1" } : {});
const validator = new Validator();
const server = createServer((_, response) => {
  response.setHeader("content-type", "application/nostr+json");
  response.end(JSON.stringify({ name: "theirs", limitation: { max_limit: CAP } }));
});
new WebSocketServer({ server }).on("connection", (socket, request) => {
  relay.handleConnection(socket, request.socket.remoteAddress);
  socket.on("close", () => relay.handleDisconnect(socket));
  socket.on("message", async (data) => {
    const message = await validator.validateIncomingMessage(data);
    const [verb, second] = message;
    const isAllowed = !isWalled || verb === "AUTH" || relay.isAuthorized(socket);
    if (isAllowed) await relay.handleMessage(socket, message);
    else if (verb === "REQ") {
      socket.send(JSON.stringify(["CLOSED", second, "auth-required: who are you?"]));
    } else if (verb === "EVENT") {
      socket.send(JSON.stringify(["OK", second.id, false, "auth-required: who are you?"]));
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(\`ws://127.0.0.1:\${server.address().port}/\`));

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => memory.upsert(JSON.parse(line)));
lines.on("close", () => process.exit(0));
`;
