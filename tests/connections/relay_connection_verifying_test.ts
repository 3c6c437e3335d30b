import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { HeldVerifier } from "../support/held_verifier.ts";
import { note, notes } from "../support/notes.ts";
import { ConnectionTest } from "../support/scripted_connection.ts";

/** A connection whose events wait to be verified, with one subscription. */
async function setUp() {
  const held = new HeldVerifier();
  const test = new ConnectionTest({}, held);
  const reports = test.subscribe();
  await settled();
  return { ...test, test, held, reports, relay: test.relay };
}

Deno.test("RelayConnection reports EOSE after the events before it, and CLOSED after both, once they are verified", async () => {
  const { held, reports, relay } = await setUp();
  const [stored, forged, live] = notes(3);
  relay.last.send(stored, forged).eose();
  relay.last.send(live);
  relay.last.closed("error: tired");
  await settled();
  await held.answer(true, [live]);
  await held.answer(false, [forged]);
  assert.deepEqual([reports.events, reports.eoses, reports.errors], [[], 0, []]);
  await held.answer(true, [stored]);
  assert.deepEqual([reports.events, reports.eoses], [[stored, live], 1]);
  assert.deepEqual(reports.errors.map(({ reason }) => reason), ["error"]);
  assert.equal(reports.releases, 1);
});

Deno.test("RelayConnection hands on what came before it broke, once that is verified", async () => {
  const { held, reports, relay, connection } = await setUp();
  const [first, forged, third] = notes(3);
  relay.last.send(first, forged, third);
  await settled();
  relay.cut();
  assert.ok(connection.ended);
  assert.deepEqual([reports.errors, reports.releases], [[], 0]);
  await held.answer(false, [forged]);
  await held.answer();
  assert.deepEqual(reports.events, [first, third]);
  assert.deepEqual(reports.errors.map(({ reason }) => reason), ["disconnected"]);
  assert.equal(reports.releases, 1);
});

Deno.test("RelayConnection ends as junk at the hundredth forged event, and drops what waits", async () => {
  for (const isCut of [false, true]) {
    const { held, reports, relay, connection } = await setUp();
    const forged = notes(100);
    const genuine = notes(1_000);
    relay.last.send(...forged, ...genuine);
    await settled();
    assert.equal(held.waiting.length, 256, "few are verified for nothing");
    if (isCut) relay.cut();
    await held.answer(false, forged.slice(0, 99));
    assert.equal(reports.errors.length, 0);
    await held.answer(false, forged.slice(99));
    await held.answer();
    assert.deepEqual(reports.events, []);
    assert.deepEqual(reports.errors.map(({ reason }) => reason), ["junk"]);
    assert.equal(connection.ended?.reason, isCut ? "disconnected" : "junk");
    assert.equal(reports.releases, 1);
    await held.answer();
    assert.deepEqual(held.waiting, []);
  }
});

Deno.test("RelayConnection counts a flood as it comes, not as it is verified", async () => {
  const { reports, relay, connection } = await setUp();
  const event = note();
  relay.last.send(...Array(20_001).fill(event));
  await settled();
  assert.equal(connection.ended?.reason, "flood");
  assert.deepEqual(reports.errors.map(({ reason }) => reason), ["flood"]);
});

Deno.test("RelayConnection reports nothing to a subscription that was closed while events waited", async () => {
  const { held, reports, relay, connection } = await setUp();
  relay.last.send(...notes(3)).eose();
  await settled();
  reports.subscription!.close();
  await held.answer();
  assert.deepEqual([reports.events, reports.eoses, reports.errors], [[], 0, []]);
  assert.equal(reports.releases, 1);
  connection.end(new RelayFailureError(RELAY, "disconnected", "test"));
});

Deno.test("RelayConnection ends a subscription whose events cannot be verified, and hands none on", async () => {
  const { reports, relay, held } = await setUp();
  const [first, second] = notes(2);
  relay.last.send(first, second);
  await settled();
  const error = new Error("no verifier");
  await held.answer(Promise.reject(error) as never, [second]);
  assert.equal(reports.errors[0].cause, error);
  await held.answer();
  assert.deepEqual(reports.events, []);
});
