import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { authTemplate, isSignedTemplate, signInRequest } from "../../src/nostr/sign_in.ts";
import { Signer } from "../../testing/signer.ts";

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
const [me, him] = [alice.pubkey, bob.pubkey];
const relay = "wss://relay.example/";
const of = { user: me, hasGroup: (id: string, host: string) => id === "cats" && host === relay };

Deno.test("signInRequest() takes for the user's what names nobody else, and all else for posts", () => {
  const purposes: [NostrFilter, string][] = [
    [{ kinds: [1059], "#p": [me] }, "messages"],
    [{ kinds: [4], authors: [him], "#p": [me] }, "messages"],
    [{ kinds: [4], authors: [me], "#p": [him] }, "messages"],
    [{ kinds: [4], authors: [him] }, "posts"],
    [{ kinds: [1059], "#p": [me, him] }, "posts"],
    [{ kinds: [31234], authors: [me] }, "drafts"],
    [{ kinds: [31234], authors: [him] }, "posts"],
    [{ kinds: [1], authors: [me] }, "own"],
    [{ "#p": [me] }, "own"],
    [{ kinds: [1], authors: [him], "#p": [me] }, "posts"],
    [{ kinds: [1], authors: [me, him] }, "posts"],
    [{ kinds: [9], "#h": ["cats"] }, "groups"],
    [{ kinds: [9], "#h": ["cats", "dogs"] }, "posts"],
    [{ search: "me", authors: [me] }, "posts"],
    [{ authors: [] }, "posts"],
    [{ kinds: [1] }, "posts"],
  ];
  for (const [filter, purpose] of purposes) {
    const request = signInRequest({ relay, filter }, of);
    assert.equal(request?.purpose, purpose, JSON.stringify(filter));
    const nobody = signInRequest({ relay, filter }, { ...of, user: undefined });
    assert.equal(nobody?.purpose, "posts");
  }
  const [filter] = purposes[1];
  assert.deepEqual(signInRequest({ relay, filter }, of), {
    relay,
    purpose: "messages",
    people: [him, me],
    kinds: [4],
  });
});

Deno.test("signInRequest() asks for the user's own events and gift wraps, and for nobody else's", () => {
  const own = alice.sign({ tags: [["p", him], ["p", him], ["p"]] });
  assert.deepEqual(signInRequest({ relay, event: own }, of), {
    relay,
    purpose: "publish",
    people: [him],
    kinds: [1],
  });
  const wrap = bob.sign({ kind: 1059, tags: [["p", him]] });
  assert.equal(signInRequest({ relay, event: wrap }, of)?.purpose, "deliver");
  assert.equal(signInRequest({ relay, event: bob.sign() }, of), undefined);
});

Deno.test("NIP-42: authTemplate() names the relay and the challenge, and isSignedTemplate() takes nothing else", () => {
  const template = authTemplate(relay, "abc", 1_700_000_000_999);
  assert.deepEqual(template, {
    kind: 22242,
    created_at: 1_700_000_000,
    tags: [["relay", relay], ["challenge", "abc"]],
    content: "",
  });
  const signed = alice.sign(template);
  assert.ok(isSignedTemplate(signed, template, me));
  assert.ok(!isSignedTemplate(signed, template, him));
  assert.ok(!isSignedTemplate({ ...signed, kind: 1 }, template, me));
  assert.ok(!isSignedTemplate({ ...signed, tags: [] }, template, me));
});
