import fc from "fast-check";
import assert from "node:assert/strict";
import {
  encodeBytes,
  naddrEncode,
  neventEncode,
  noteEncode,
  nprofileEncode,
  npubEncode,
  nsecEncode,
} from "nostr-tools/nip19";
import { holdsSecret } from "../../src/nostr/holds_secret.ts";
import { pointerIn } from "../../src/nostr/nip19_text.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const NPUB = npubEncode(ALICE);
const CODES = [
  NPUB,
  noteEncode(ID),
  nprofileEncode({ pubkey: ALICE, relays: ["wss://a.example"] }),
  neventEncode({ id: ID, author: BOB, kind: 1 }),
  naddrEncode({ identifier: "", pubkey: BOB, kind: 30023 }),
];
const SECRET = nsecEncode(new Uint8Array(32).fill(7));

Deno.test("NIP-19, NIP-21: pointerIn() finds each kind of code anywhere in a text", () => {
  for (const code of CODES) {
    const pointer = pointerIn(code);
    assert.ok(pointer && code.startsWith(pointer.type), code);
    for (
      const text of [
        ` ${code}\n`,
        `nostr:${code}`,
        `NOSTR:${code}`,
        `web+nostr:${code}`,
        `@${code}`,
        `https://njump.me/${code}`,
        `https://primal.net/e/${code}?x=1#y`,
        `https://habla.news/a/${code}/`,
        `look: (nostr:${code}), is it not?`,
        `見て${code}。`,
        code.toUpperCase(),
      ]
    ) assert.deepEqual(pointerIn(text), pointer, text);
  }
});

Deno.test("pointerIn() takes the first valid code of several", () => {
  const typo = NPUB.slice(0, -1) + (NPUB.endsWith("q") ? "p" : "q");
  assert.equal(pointerIn(`${NPUB} ${npubEncode(BOB)}`)?.data, ALICE);
  assert.equal(pointerIn(`${typo} ${npubEncode(BOB)}`)?.data, BOB);
});

Deno.test("pointerIn() finds nothing in typos, halves, secrets and codes of another length", () => {
  const none = [
    "",
    "npub",
    "npub1",
    NPUB.slice(0, -1),
    `${NPUB}q`,
    `x${NPUB}`,
    `${NPUB}b`,
    NPUB.slice(0, 20) + NPUB.slice(20).toUpperCase(),
    ALICE,
    SECRET,
    encodeBytes("npub", new Uint8Array(31)),
    encodeBytes("note", new Uint8Array(33)),
    encodeBytes("nevent", new Uint8Array([0, 1, 7])),
    encodeBytes("nevent", new Uint8Array([0, 32, 7])),
    encodeBytes("nrelay", new Uint8Array(40)),
  ];
  for (const text of none) assert.equal(pointerIn(text), undefined, text);
});

Deno.test("pointerIn() searches texts of at most 10,000 characters", () => {
  assert.equal(pointerIn(NPUB.padStart(10_000))?.data, ALICE);
  assert.equal(pointerIn(NPUB.padStart(10_001)), undefined);
  const long = nprofileEncode({
    pubkey: ALICE,
    relays: Array(12).fill(`wss://${"a".repeat(240)}`),
  });
  assert.equal(pointerIn(long)?.type, "nprofile");
});

Deno.test("pointerIn() throws at no text", () => {
  const unit = fc.constantFrom(..."npubevtosfilardc1qzx:/ \u00e9\ud83d");
  fc.assert(fc.property(fc.string({ unit, maxLength: 200 }), (text) => {
    pointerIn(`${text} nevent1${text} npub1${text}`);
  }));
});

Deno.test("holdsSecret() sees a secret key in any text, and none in any other code", () => {
  for (
    const text of [SECRET, `nostr:${SECRET}`, SECRET.toUpperCase(), "nsec1typo", "ncryptsec1qq"]
  ) {
    assert.ok(holdsSecret(text));
  }
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(fc.property(fc.constantFrom("npub", "note"), bytes, (prefix, bytes) => {
    assert.ok(!holdsSecret(encodeBytes(prefix, bytes)));
  }));
});
