import assert from "node:assert/strict";
import { RelayEvents } from "../src/relay_events.ts";
import { Signer } from "../testing/signer.ts";

const A = "wss://a.example/";
const event = new Signer(1).sign();

Deno.test("RelayEvents passes everything on to its listener, and what watch() returns back", () => {
  const events = new RelayEvents();
  const calls: unknown[] = [];
  events.listener = {
    saw: (...args) => calls.push(["saw", ...args]),
    missed: (...args) => calls.push(["missed", ...args]),
    published: (...args) => calls.push(["published", ...args]),
    watch: (pubkeys) => {
      calls.push(["watch", ...pubkeys]);
      return () => calls.push(["end"]);
    },
  };
  const { saw, missed, published, watch } = events;
  saw(event, A);
  missed("write", event.pubkey, A);
  published(event, A);
  watch([event.pubkey])();
  assert.deepEqual(calls, [
    ["saw", event, A],
    ["missed", "write", event.pubkey, A],
    ["published", event, A],
    ["watch", event.pubkey],
    ["end"],
  ]);
});

Deno.test("RelayEvents drops what happens before it has a listener", () => {
  const { saw, missed, published, watch } = new RelayEvents();
  saw(event, A);
  missed("id", event.id, A);
  published(event, A);
  watch([event.pubkey])();
});
