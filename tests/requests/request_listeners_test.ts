import assert from "node:assert/strict";
import { type RelayMessage, RequestListeners } from "../../src/requests/request_listeners.ts";
import { note } from "../support/notes.ts";

/** A listener at a place, and what it was told. */
function listen(listeners: RequestListeners, place: number) {
  const over = new AbortController();
  const leg = new AbortController();
  const told: RelayMessage[] = [];
  listeners.add(place, {
    push: (message) => told.push(message),
    signal: over.signal,
    end: () => leg.abort(),
    ended: leg.signal,
  });
  return { told, over, leg };
}

Deno.test("RequestListeners hands an event to the listener of its place, or else to another who still listens", () => {
  const listeners = new RequestListeners();
  const [first, second] = [3, 5].map((place) => listen(listeners, place));
  const [a, b, c] = [note(), note(), note()];
  listeners.event(5, a);
  listeners.event(7, b);
  first.over.abort();
  listeners.event(3, c);
  assert.deepEqual(first.told.map(([, , event]) => event), [b]);
  assert.deepEqual(second.told.map(([, , event]) => event), [a, c]);
  second.over.abort();
  listeners.event(5, note());
  assert.equal(second.told.length, 2);
});

Deno.test("RequestListeners tells each place once that the stored events are over, also one that comes later", () => {
  const listeners = new RequestListeners();
  const first = listen(listeners, 0);
  assert.equal(listeners.waiting, 0);
  listeners.eose(0);
  listeners.eose(0);
  assert.equal(listeners.waiting, 0, "there is no other");
  const second = listen(listeners, 1);
  assert.equal(listeners.waiting, 1);
  listeners.eoseToAll();
  listeners.eoseToAll();
  for (const { told } of [first, second]) assert.deepEqual(told.map(([verb]) => verb), ["EOSE"]);
  listeners.delete(0);
  listeners.delete(1);
  assert.equal(listeners.size, 0);
  assert.equal(listeners.waiting, undefined);
});

Deno.test("RequestListeners ends the leg of one place, or of all, and nobody stops listening for it", () => {
  const listeners = new RequestListeners();
  const [first, second] = [0, 1].map((place) => listen(listeners, place));
  listeners.end(1);
  listeners.end(9);
  assert.deepEqual([first, second].map(({ leg }) => leg.signal.aborted), [false, true]);
  listeners.endAll();
  assert.ok(first.leg.signal.aborted);
  assert.ok(!first.over.signal.aborted);
  assert.equal(listeners.size, 2);
});
