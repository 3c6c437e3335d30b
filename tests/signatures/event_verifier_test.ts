import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { verifyEvent } from "nostr-tools/pure";
import { EventVerifier } from "../../src/signatures/event_verifier.ts";
import { Signer } from "../../testing/signer.ts";

const post = new Signer(1).sign({ content: "mine" });

/** A verifier, and how often it verified a signature. */
function counted() {
  const verified: string[] = [];
  const { verify } = new EventVerifier((event) => {
    verified.push(event.id);
    return verifyEvent({ ...event });
  });
  return { verify, verified };
}

Deno.test("EventVerifier verify() verifies an event once, however often it comes", () => {
  const { verify, verified } = counted();
  for (let i = 0; i < 3; i++) assert.ok(verify({ ...post }));
  assert.deepEqual(verified, [post.id]);
});

Deno.test("EventVerifier verify() refuses other content under an id and a signature it knows", () => {
  const { verify, verified } = counted();
  assert.ok(verify(post));
  const others: Partial<NostrEvent>[] = [
    { content: "not mine" },
    { tags: [["p", post.pubkey]] },
    { kind: 6 },
    { created_at: post.created_at + 1 },
    { pubkey: new Signer(2).pubkey },
  ];
  for (const other of others) assert.ok(!verify({ ...post, ...other }));
  assert.deepEqual(verified, [post.id]);
});

Deno.test("EventVerifier verify() verifies again if the signature is another", () => {
  const { verify, verified } = counted();
  assert.ok(verify(post));
  assert.ok(!verify({ ...post, sig: "0".repeat(128) }));
  assert.ok(verify(post));
  assert.deepEqual(verified, [post.id, post.id]);
});

Deno.test("EventVerifier verify() does not remember refused events", () => {
  const { verify, verified } = counted();
  const forged = { ...post, sig: "0".repeat(128) };
  assert.ok(!verify(forged));
  assert.ok(!verify(forged));
  assert.ok(verify(post));
  assert.equal(verified.length, 3);
});

Deno.test("EventVerifier verify() refuses values that are no events, remembered or not, and never throws", () => {
  const { verify } = counted();
  assert.ok(verify(post));
  const odd: unknown[] = [
    { ...post, tags: "none" },
    { ...post, pubkey: post.pubkey.toUpperCase() },
    { ...post, content: undefined },
    { ...post, id: "aa", tags: [[1]] },
  ];
  for (const event of odd) assert.ok(!verify(event as NostrEvent));
});
