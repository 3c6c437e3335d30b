import assert from "node:assert/strict";
import { type RelayMessage, RequestListeners } from "../../src/requests/request_listeners.ts";
import { note } from "../support/notes.ts";

/** A listener to a relay, and the messages that it got. */
function listen(listeners: RequestListeners, relayIndex: number) {
  const listening = new AbortController();
  const asking = new AbortController();
  const messages: RelayMessage[] = [];
  listeners.add(relayIndex, {
    push: (message) => messages.push(message),
    signal: listening.signal,
    end: () => asking.abort(),
    ended: asking.signal,
  });
  return { messages, listening, asking };
}

Deno.test("RequestListeners hands an event to the listener of its relay, or else to another who still listens", () => {
  const listeners = new RequestListeners();
  const [first, second] = [3, 5].map((index) => listen(listeners, index));
  const [a, b, c] = [note(), note(), note()];
  listeners.event(5, a);
  listeners.event(7, b);
  first.listening.abort();
  listeners.event(3, c);
  assert.deepEqual(first.messages.map(([, , event]) => event), [b]);
  assert.deepEqual(second.messages.map(([, , event]) => event), [a, c]);
  second.listening.abort();
  listeners.event(5, note());
  assert.equal(second.messages.length, 2);
});

Deno.test("RequestListeners hands events to nobody who was deleted", () => {
  const listeners = new RequestListeners();
  const [first, second] = [0, 1].map((index) => listen(listeners, index));
  const events = [note(), note(), note()];
  listeners.eventOfAny(events[0]);
  listeners.delete(0);
  listeners.eventOfAny(events[1]);
  listeners.delete(1);
  listeners.eventOfAny(events[2]);
  assert.deepEqual(first.messages.map(([, , event]) => event), [events[0]]);
  assert.deepEqual(second.messages.map(([, , event]) => event), [events[1]]);
});

Deno.test("RequestListeners sends EOSE to the listener of one relay, and knows who listens", () => {
  const listeners = new RequestListeners();
  const [first, second] = [0, 1].map((index) => listen(listeners, index));
  assert.deepEqual(listeners.relayIndexes, [0, 1]);
  listeners.eose(1);
  listeners.eose(9);
  assert.deepEqual(first.messages, []);
  assert.deepEqual(second.messages.map(([verb]) => verb), ["EOSE"]);
  listeners.delete(0);
  assert.deepEqual(listeners.relayIndexes, [1]);
  listeners.delete(1);
  assert.equal(listeners.size, 0);
});

Deno.test("RequestListeners lets go of one relay, or of all, and nobody stops listening for it", () => {
  const listeners = new RequestListeners();
  const [first, second] = [0, 1].map((index) => listen(listeners, index));
  listeners.end(1);
  listeners.end(9);
  assert.deepEqual([first, second].map(({ asking }) => asking.signal.aborted), [false, true]);
  listeners.endAll();
  assert.ok(first.asking.signal.aborted);
  assert.ok(!first.listening.signal.aborted);
  assert.equal(listeners.size, 2);
});
