import assert from "node:assert/strict";
import { connectEarly } from "../../src/requests/early_connections.ts";
import { settled } from "../../testing/test_clock.ts";
import { url } from "../support/scripted_request.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

Deno.test("connectEarly() opens connections that have no user, and keeps them until it lets go", async () => {
  const test = new SupervisorTest();
  const connector = test.supervisor.connector(url("a"));
  const letGo = connectEarly([connector]);
  await settled();
  assert.ok(connector.isOpen);
  const connection = await connector.connection(0, new AbortController().signal);
  assert.equal(connection.users, 1);
  connection.users--;
  await test.clock.advance(600_000);
  assert.ok(connector.isOpen, "it is in use");
  letGo();
  letGo();
  await test.clock.advance(600_000);
  assert.ok(!connector.isOpen);
  assert.ok(connector.isIdle);
});

Deno.test("connectEarly() rejects nowhere if a relay cannot be connected to, or is let go before", async () => {
  const test = new SupervisorTest();
  const connector = test.supervisor.connector(url("a"));
  connectEarly([connector])();
  await connector.close();
  connectEarly([connector])();
  await settled();
  assert.ok(!connector.isOpen);
});
