import assert from "node:assert/strict";
import * as fc from "fast-check";
import { planSettings } from "../../src/plan/plan_options.ts";
import { connectEarly, mostNamed } from "../../src/requests/early_connections.ts";
import { settled } from "../../testing/test_clock.ts";
import { url } from "../support/scripted_request.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

const { check } = planSettings();
const LETTERS = ["a", "b", "c", "d"];
const urls = fc.array(fc.constantFrom(...LETTERS.map(url), "wss://localhost/", "no url"), {
  maxLength: 4,
});
const lists = fc.array(fc.record({ write: urls, read: urls }, { requiredKeys: [] }), {
  maxLength: 12,
});
const roles = fc.uniqueArray(fc.constantFrom("write" as const, "read" as const));

Deno.test("mostNamed() gives the usable relays that most lists name, by weight, and the smaller URL of equals", () => {
  const weights = fc.tuple(...LETTERS.map(() => fc.constantFrom(0, 0.5, 1, 3)));
  fc.assert(fc.property(lists, roles, weights, fc.nat(5), (lists, roles, weights, max) => {
    const weight = (url: string) => weights[LETTERS.indexOf(url[6])];
    const named = mostNamed(lists, { check, weight, roles: new Set(roles), max });
    const value = (url: string) =>
      weight(url) * lists.filter((list) => roles.some((role) => list[role]?.includes(url))).length;
    const expected = LETTERS.map(url).filter((url) => value(url) > 0)
      .toSorted((a, b) => value(b) - value(a))
      .slice(0, max);
    assert.deepEqual(named, expected);
  }));
});

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
