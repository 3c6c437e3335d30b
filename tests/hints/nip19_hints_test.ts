import assert from "node:assert/strict";
import {
  naddrEncode,
  neventEncode,
  noteEncode,
  nprofileEncode,
  npubEncode,
} from "nostr-tools/nip19";
import { nip19Hints } from "../../src/hints/nip19_hints.ts";
import { pointerIn } from "../../src/nostr/nip19_text.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE] = PEOPLE;
const ID = "ee".repeat(32);
const relays = ["wss://a.example", "wss://b.example"];
const source = "nip19";

Deno.test("NIP-19: nip19Hints take the relays of an nprofile for the person's", () => {
  // The NIP's own example.
  const code = "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhh" +
    "ytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p";
  const about = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";
  const hints = [
    { subject: about, url: "wss://r.x.com", source },
    { subject: about, url: "wss://djbas.sadkb.com", source },
  ];
  assert.deepEqual(nip19Hints.read(code), hints);
  assert.deepEqual(nip19Hints.read(pointerIn(code)!), hints);
});

Deno.test("NIP-19: nip19Hints take the relays of an nevent for the event's, and for those of the author it names", () => {
  const [url] = relays;
  assert.deepEqual(nip19Hints.read(neventEncode({ id: ID, relays: [url] })), [
    { subject: `id:${ID}`, url, source },
  ]);
  assert.deepEqual(nip19Hints.read(neventEncode({ id: ID, relays: [url], author: ALICE })), [
    { subject: `id:${ID}`, url, source, author: ALICE },
    { subject: ALICE, url, source },
  ]);
});

Deno.test("NIP-29: nip19Hints take the relays of an naddr for its author's, and for those of the group whose metadata it names", () => {
  const [url] = relays;
  const about = (kind: number, identifier = "pizza") =>
    nip19Hints.read(naddrEncode({ kind, identifier, pubkey: ALICE, relays: [url] }))
      .map(({ subject }) => subject);
  for (const kind of [39000, 39001, 39002, 39003]) {
    assert.deepEqual(about(kind), [ALICE, "group:pizza"]);
  }
  for (const kind of [0, 30023, 38999, 39004]) {
    assert.deepEqual(about(kind), [`address:${kind}:${ALICE}:pizza`, ALICE]);
  }
  assert.deepEqual(about(39000, ""), [ALICE]);
  assert.deepEqual(about(39000, "x".repeat(101)), [ALICE]);
});

Deno.test("NIP-19: nip19Hints read no relays from an npub, a note and a code without relays", () => {
  const codes = [npubEncode(ALICE), noteEncode(ID), nprofileEncode({ pubkey: ALICE }), "words"];
  for (const code of codes) assert.deepEqual(nip19Hints.read(code), []);
  assert.deepEqual(nip19Hints.read({ type: "nprofile", data: { pubkey: ALICE } }), []);
});
