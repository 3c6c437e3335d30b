import assert from "node:assert/strict";
import * as nip19 from "nostr-tools/nip19";
import { filterOf } from "../../src/hints/filter_of.ts";
import { nip19Hints } from "../../src/hints/nip19_hints.ts";
import { hintsOf } from "../../src/hints/attached_hints.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const relays = ["wss://a.example", "wss://b.example"];
const ADDRESS = { identifier: "x", pubkey: BOB, kind: 30023, relays };

Deno.test("NIP-19: filterOf() finds the person, the event or the address that was pasted", () => {
  assert.deepEqual(filterOf(nip19.npubEncode(ALICE)), { authors: [ALICE] });
  assert.deepEqual(filterOf(nip19.nprofileEncode({ pubkey: ALICE, relays })), { authors: [ALICE] });
  assert.deepEqual(filterOf(nip19.noteEncode(ID)), { ids: [ID] });
  assert.deepEqual(filterOf(nip19.neventEncode({ id: ID, author: BOB, kind: 1, relays })), {
    ids: [ID],
  });
  assert.deepEqual(filterOf(nip19.naddrEncode(ADDRESS)), {
    kinds: [30023],
    authors: [BOB],
    "#d": ["x"],
  });
  assert.deepEqual(filterOf(` https://njump.me/${nip19.noteEncode(ID)}?x\n`), { ids: [ID] });
});

Deno.test("NIP-19: filterOf() names a `d` tag if the kind has one", () => {
  const at = (kind: number) => filterOf(nip19.naddrEncode({ kind, pubkey: BOB, identifier: "" }));
  for (const kind of [30000, 39999]) {
    assert.deepEqual(at(kind), { kinds: [kind], authors: [BOB], "#d": [""] });
  }
  for (const kind of [0, 3, 10002, 40000]) {
    assert.deepEqual(at(kind), { kinds: [kind], authors: [BOB] });
  }
});

Deno.test("filterOf() attaches the hints in what was pasted", () => {
  const codes = [
    nip19.nprofileEncode({ pubkey: ALICE, relays }),
    nip19.neventEncode({ id: ID, author: BOB, relays }),
    nip19.naddrEncode(ADDRESS),
    nip19.naddrEncode({ ...ADDRESS, kind: 39000 }),
  ];
  for (const code of codes) {
    const hints = hintsOf([filterOf(`nostr:${code}`)]);
    assert.ok(hints.length >= 2);
    assert.deepEqual(hints, nip19Hints.read(code));
  }
  assert.deepEqual(hintsOf([filterOf(nip19.npubEncode(ALICE))]), []);
});

/** The error message for a text, which must hold no part of the text. */
function refusalOf(text: string): string {
  try {
    filterOf(text);
  } catch (error) {
    assert.ok(error instanceof TypeError);
    assert.equal(error.cause, undefined);
    for (let i = 0; i + 12 <= text.length; i++) {
      assert.ok(!error.stack?.includes(text.slice(i, i + 12)), error.stack);
    }
    return error.message;
  }
  return assert.fail(`no error for ${text}`);
}

Deno.test("NIP-19: filterOf() refuses a secret key, spelled correctly or not, and never repeats it", () => {
  const secret = nip19.nsecEncode(new Uint8Array(32).fill(7));
  const texts = [
    secret,
    `nostr:${secret}`,
    secret.toUpperCase(),
    secret.slice(0, -1),
    `${nip19.npubEncode(ALICE)} ${secret}`,
    nip19.encodeBytes("ncryptsec", new Uint8Array(91).fill(7)),
  ];
  for (const text of texts) assert.match(refusalOf(text), /got a secret key/);
});

Deno.test("filterOf() refuses hex, which may name a person or an event, or be a secret key", () => {
  for (const text of [ALICE, ` ${ALICE}\n`, ALICE.toUpperCase()]) {
    assert.match(refusalOf(text), /must hold an npub.* got 64 hex digits/);
  }
});

Deno.test("filterOf() refuses what holds no code, and says how long it was", () => {
  assert.match(refusalOf("alice@example.com"), /got 17 characters without one$/);
  assert.match(refusalOf(""), /got 0 characters without one$/);
  assert.match(refusalOf(`${nip19.npubEncode(ALICE)}q`), /got 64 characters without one$/);
  assert.match(refusalOf("leader monkey parrot ring guide accident before fence"), /got 53 char/);
  for (const junk of [undefined, null, 1, {}]) {
    assert.throws(() => filterOf(junk as unknown as string), {
      name: "TypeError",
      message: /got an? (?:undefined|object|number)$/,
    });
  }
});
