import assert from "node:assert/strict";
import { EventRefusedError, RelayFailureError, RoutingError } from "../../src/nostr/errors.ts";
import { draft } from "../../testing/memory_source.ts";

Deno.test("EventRefusedError says why, and carries the event as it was given", () => {
  const event = draft({});
  const error = new EventRefusedError("future", event, `"created_at" is 9`);
  assert.ok(error instanceof Error);
  assert.equal(`${error}`, `EventRefusedError: Cannot store a future event: "created_at" is 9`);
  assert.equal(error.event, event);
  assert.equal(error.reason, "future");
});

Deno.test("RoutingError carries the unrouted subjects, and its cause if there is one", () => {
  const unrouted = [{ reason: "no-list", pubkey: "aa".repeat(32), filter: 0 }] as const;
  const cause = new Error("disk full");
  const error = new RoutingError("Cannot send", unrouted, { cause });
  assert.ok(error instanceof Error);
  assert.equal(`${error}`, "RoutingError: Cannot send");
  assert.equal(error.unrouted, unrouted);
  assert.equal(error.cause, cause);
});

Deno.test("RelayFailureError names the relay and the reason, and is no RelayError as Nostrify has it", () => {
  const cause = new Error("connection refused");
  const error = new RelayFailureError("wss://a.example/", "unreachable", "no socket", { cause });
  assert.ok(error instanceof Error);
  assert.equal(
    `${error}`,
    "RelayFailureError: Relay wss://a.example/ failed (unreachable): no socket",
  );
  assert.equal(error.relay, "wss://a.example/");
  assert.equal(error.reason, "unreachable");
  assert.equal(error.cause, cause);
});

Deno.test("RoutingError does not print what it carries: a request for 300 people would fill the screen", () => {
  const unrouted = Array.from({ length: 300 }, () => ({ reason: "no-list" as const }));
  const error = new RoutingError("Cannot send", unrouted);
  assert.doesNotMatch(Deno.inspect(error), /no-list/);
  assert.deepEqual(Object.keys(error).includes("unrouted"), false);
});
