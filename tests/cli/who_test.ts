import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { UsageError } from "../../src/cli/usage_error.ts";
import { findWho, parseWho } from "../../src/cli/who.ts";
import { Signer } from "../../testing/signer.ts";

const { pubkey } = new Signer(1);
const signal = new AbortController().signal;

Deno.test("parseWho() reads an npub, an nprofile, hex, and a name at a domain", () => {
  const relays = ["wss://relay.example"];
  const nprofile = nip19.nprofileEncode({ pubkey, relays });
  for (
    const text of [
      pubkey,
      pubkey.toUpperCase(),
      nip19.npubEncode(pubkey),
      `nostr:${nip19.npubEncode(pubkey)}`,
      ` ${nprofile} `,
    ]
  ) assert.equal((parseWho(text) as { pubkey: string }).pubkey, pubkey, text);
  for (
    const [text, address] of [["Bob@Example.com", "bob@example.com"], ["a.example", "_@a.example"]]
  ) {
    assert.equal((parseWho(text) as { address: string }).address, address);
  }
});

Deno.test("parseWho() says what is wrong", () => {
  const cases: [string, RegExp][] = [
    ["npub1junk", /got "npub1junk"$/],
    ["", /got ""$/],
    ["alice", /must be an npub, an nprofile, a public key in hex or name@domain/],
    [nip19.noteEncode(pubkey), /code of an event \(note\)/],
    [nip19.npubEncode(pubkey).slice(0, -1), /Cannot tell who is meant/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseWho(text), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("findWho() looks a name up, tells the outbox of an nprofile's relays, and of hex nothing", async () => {
  const asked: string[] = [];
  const outbox = {
    find(text: string) {
      asked.push(text);
      return Promise.resolve({ authors: [pubkey] });
    },
  };
  const nprofile = nip19.nprofileEncode({ pubkey, relays: ["wss://relay.example"] });
  for (const text of ["Bob@example.com", nprofile, pubkey]) {
    assert.equal(await findWho(parseWho(text), outbox, signal), pubkey);
  }
  assert.deepEqual(asked, ["bob@example.com", nprofile]);
});
