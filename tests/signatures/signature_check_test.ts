import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { initNostrWasm } from "nostr-wasm";
import {
  checkFast,
  checkPlainly,
  eventOf,
  loadCheck,
  signedText,
} from "../../src/signatures/signature_check.ts";
import { Signer } from "../../testing/signer.ts";

const post = new Signer(1).sign({ content: 'a "quoted" \ud800 \u2028 \n post', tags: [["t", ""]] });
const long = new Signer(1).sign({ content: "é".repeat(20_000) });
const longTags = new Signer(1).sign({ tags: Array.from({ length: 500 }, () => ["p", post.id]) });
const forged: NostrEvent[] = [
  { ...post, content: "forged" },
  { ...post, sig: long.sig },
  { ...post, id: long.id },
  { ...post, pubkey: "f".repeat(64) },
  { ...post, sig: "f".repeat(128) },
  { ...long, content: `${long.content}!` },
];

Deno.test("signedText() has all that a signature depends on, and eventOf() makes the event of it", () => {
  for (const event of [post, long, longTags]) assert.deepEqual(eventOf(signedText(event)), event);
});

Deno.test("loadCheck() knows genuine events from forged ones, with WebAssembly or without", async () => {
  const noWasm = () => Promise.reject(new Error("content policy"));
  for (const check of [await loadCheck(), await loadCheck(noWasm), checkPlainly]) {
    for (const event of [post, long, longTags, post]) assert.ok(check({ ...event }));
    for (const event of forged) assert.ok(!check({ ...event }));
  }
});

Deno.test("loadCheck() uses no WebAssembly that takes a genuine event for a forged one", async () => {
  const wasm = await initNostrWasm();
  const verifyEvent = () => {
    throw new Error("signature is invalid");
  };
  assert.equal(await loadCheck(() => Promise.resolve({ ...wasm, verifyEvent })), checkPlainly);
});

Deno.test("checkFast() keeps long events from WebAssembly, whose memory does not grow", () => {
  const asked: string[] = [];
  const check = checkFast(({ id }) => void asked.push(id));
  for (const event of [post, long, longTags]) assert.ok(check(event));
  assert.deepEqual(asked, [post.id]);
});

Deno.test("checkFast() never uses WebAssembly again that failed, and asks nostr-tools what it refuses", () => {
  let calls = 0;
  let message = "signature is invalid";
  const check = checkFast(() => {
    calls++;
    throw new Error(message);
  });
  assert.ok(check(post), "nostr-tools decides");
  assert.ok(!check(forged[0]));
  assert.equal(calls, 2);
  message = "out of memory";
  assert.ok(check(post));
  assert.ok(check(post));
  assert.equal(calls, 3);
});

Deno.test("checkPlainly() trusts no mark of nostr-tools on an event", () => {
  const marked = { ...post, content: "forged" };
  for (const symbol of Object.getOwnPropertySymbols(post)) Reflect.set(marked, symbol, true);
  assert.ok(!checkPlainly({ ...marked, [Symbol("verified")]: true } as NostrEvent));
});
