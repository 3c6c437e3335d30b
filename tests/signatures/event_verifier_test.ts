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

/** A verifier whose answers wait until the test gives them. */
function held() {
  const calls: { event: NostrEvent; answer: (isValid: boolean) => void }[] = [];
  const verifier = new EventVerifier((event) =>
    new Promise((resolve) => calls.push({ event, answer: resolve }))
  );
  return { ...verifier, calls };
}

Deno.test("EventVerifier verify() verifies an event once that many want while it is verified", async () => {
  const { verify, calls } = held();
  const results = [1, 2, 3].map(() => verify({ ...post }));
  assert.equal(calls.length, 1);
  calls[0].answer(true);
  assert.deepEqual(await Promise.all(results), [true, true, true]);
  assert.equal(verify({ ...post }), true);
  assert.equal(calls.length, 1);
});

Deno.test("EventVerifier verify() never lets a forged event speak for a genuine one, nor the other way round", async () => {
  const others: Partial<NostrEvent>[] = [
    { content: "not mine" },
    { tags: [["t", "x"]] },
    { kind: 7 },
    { created_at: 1 },
    { pubkey: new Signer(2).pubkey },
    { sig: "0".repeat(128) },
    { id: "0".repeat(64) },
  ];
  for (const other of others) {
    for (const isForgedFirst of [true, false]) {
      const { verify, calls } = held();
      const forged = { ...post, ...other };
      const events = isForgedFirst ? [forged, post, forged, post] : [post, forged, post, forged];
      const results = events.map((event) => verify({ ...event }));
      assert.equal(calls.length, 2);
      for (const { event, answer } of calls) answer(verifyEvent({ ...event }));
      const isValid = await Promise.all(results);
      assert.deepEqual(isValid, events.map((event) => event === post));
      assert.equal(verify({ ...post }), true);
      assert.notEqual(verify(forged), true);
    }
  }
});

Deno.test("EventVerifier verify() verifies again what its verifier could not", async () => {
  let calls = 0;
  const { verify } = new EventVerifier(() => {
    return ++calls === 1 ? Promise.reject(new Error("no verifier")) : Promise.resolve(true);
  });
  await assert.rejects(async () => await verify(post), /no verifier/);
  assert.equal(await verify(post), true);
});

Deno.test("EventVerifier verify() refuses an id or a signature of another length or letters, unasked", () => {
  const { verify, calls } = held();
  const odd: Partial<NostrEvent>[] = [
    { id: "" },
    { id: post.id.slice(0, 32) },
    { id: post.id.toUpperCase() },
    { sig: "" },
    { sig: post.sig.slice(2) },
    { sig: post.sig.toUpperCase() },
  ];
  for (const field of odd) assert.equal(verify({ ...post, ...field }), false);
  assert.equal(calls.length, 0);
});

Deno.test("EventVerifier trust() takes events of a store as verified, and no other content under their ids", () => {
  const { verify, verified } = counted();
  const other = new Signer(2).sign();
  const { trust, verify: verifyTrusting } = new EventVerifier(verify);
  trust([post]);
  assert.equal(verifyTrusting({ ...post }), true);
  assert.equal(verifyTrusting({ ...post, content: "forged" }), false);
  assert.equal(verifyTrusting({ ...post, sig: "0".repeat(128) }), false);
  assert.equal(verifyTrusting(other), true);
  assert.deepEqual(verified, [post.id, other.id]);
});
