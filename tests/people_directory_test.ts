import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { settled } from "../testing/test_clock.ts";
import { A, alice, B, bob, C, relaysOf, start } from "./support/people_parts.ts";

Deno.test("NIP-19: findFilter() makes a filter of a pasted code, and remembers its relays", async () => {
  const { find, hinted, asked } = start();
  const { pubkey } = bob;
  const id = "ee".repeat(32);
  const nprofile = nip19.nprofileEncode({ pubkey, relays: [A] });
  const nevent = nip19.neventEncode({ id, relays: [B] });
  assert.deepEqual(await find(`see ${nprofile}.`), { authors: [pubkey] });
  assert.deepEqual(await find(`https://njump.me/${nevent}`), { ids: [id] });
  assert.deepEqual(await find(nip19.npubEncode(pubkey)), { authors: [pubkey] });
  assert.deepEqual(await hinted(pubkey), [`${A} nip19`]);
  assert.deepEqual(await hinted(`id:${id}`), [`${B} nip19`]);
  assert.deepEqual(asked, []);
});

Deno.test("NIP-05: findFilter() asks the domain of an address, and remembers the relays it names", async () => {
  const { find, hinted, asked } = start();
  for (const address of ["bob@nostr.example", " bob@nostr.example:8443 "]) {
    assert.deepEqual(await find(address), { authors: [bob.pubkey] });
  }
  assert.deepEqual(asked, [
    "https://nostr.example/.well-known/nostr.json?name=bob",
    "https://nostr.example:8443/.well-known/nostr.json?name=bob",
  ]);
  assert.deepEqual(await hinted(bob.pubkey), [`${B} nip05`]);
  await assert.rejects(find("nostr.example"), { message: /names no pubkey/ });
  await assert.rejects(find("bob@localhost"), { message: /\(local\)/ });
});

Deno.test("findFilter() refuses anything else, and sends no secret key to a domain", async () => {
  const { find, asked } = start();
  const secrets = [`${nip19.nsecEncode(new Uint8Array(32).fill(1))}@a.example`, "nsec1abc.example"];
  const long = [`${"a.".repeat(5_000)}!`, "a".repeat(100_000), `${"a".repeat(500)}.example`];
  for (const text of [...secrets, ...long, "", "bob", "a..b", 7 as unknown as string]) {
    await assert.rejects(find(text), TypeError);
  }
  assert.deepEqual(asked, []);
});

Deno.test("findFilter() rejects with the signal's reason when it is aborted", async () => {
  const fetch = () => new Promise<never>(() => {});
  const { find } = start({ fetch });
  const given = { signal: AbortSignal.abort(new Error("never mind")) };
  await assert.rejects(find("bob@nostr.example", given), { message: "never mind" });
  await assert.rejects(find(nip19.npubEncode(bob.pubkey), given), { message: "never mind" });
  const controller = new AbortController();
  const found = find("bob@nostr.example", controller);
  await settled();
  controller.abort(new Error("too late"));
  await assert.rejects(found, { message: "too late" });
});

Deno.test("PeopleDirectory hint() remembers relays of people, events and groups", async () => {
  const { people, hinted } = start();
  for (const subject of [bob.pubkey, `id:${"ee".repeat(32)}`, "group:cats"]) {
    people.hint(subject, ["wss://A.example", B]);
    assert.deepEqual(await hinted(subject), [`${A} hand`, `${B} hand`]);
  }
});

Deno.test("PeopleDirectory hint() throws on a wrong subject, and on a relay that the policy refuses", () => {
  const { people } = start();
  for (const subject of ["npub1x", "id:1", "group:", `group:${"x".repeat(101)}`, "", undefined]) {
    assert.throws(() => people.hint(subject as string, [A]), {
      name: "TypeError",
      message: new RegExp(`^Cannot enter a hint: .*, got ${JSON.stringify(subject)}$`),
    });
  }
  assert.throws(() => people.hint(bob.pubkey, [A, "ws://b.example"]), {
    name: "TypeError",
    message: 'Cannot enter a hint: "ws://b.example" is refused (insecure): ' +
      "policy.allowInsecure would allow it",
  });
  assert.throws(() => people.hint(bob.pubkey, A as unknown as string[]), {
    name: "TypeError",
    message: `Cannot enter a hint: "relays" must be an array, got ${A}`,
  });
});

Deno.test("NIP-51: PeopleDirectory leaves out hints that name a relay the user blocks", async () => {
  const { people, settings, hinted } = start({ user: alice.pubkey });
  await settings.store.event(alice.sign({ kind: 10006, tags: relaysOf(A) }));
  people.hint(bob.pubkey, [A, C]);
  assert.deepEqual(await hinted(bob.pubkey), [`${C} hand`]);
});

Deno.test("NIP-37: PeopleDirectory looks up private relays once the signer has decrypted them, and waits 3 s for it at most", async () => {
  const sealed = alice.sign({ kind: 10013, content: "sealed" });
  const opened = Promise.withResolvers<string>();
  const { people, settings, clock, errors } = start({
    user: alice.pubkey,
    signer: { nip44: { decrypt: () => opened.promise } },
  });
  await settings.store.event(sealed);
  const lookup = { people: [], dm: [], private: [alice.pubkey], eventsAndGroups: [] };
  let found: Map<string, { private?: readonly string[] }> | undefined;
  people.knowledge.lookUp(lookup).then((knowledge) => found = new Map(knowledge));
  await clock.advance(2_999);
  assert.equal(found, undefined);
  await clock.advance(1);
  assert.deepEqual(found!.get(alice.pubkey), { private: [] });
  assert.match(errors.map(({ message }) => message).join(), /the signer took over 3000 ms$/);
  opened.resolve(JSON.stringify(relaysOf(A)));
  await settled();
  const later = await people.knowledge.lookUp(lookup);
  assert.deepEqual(later.get(alice.pubkey), { private: [A] });
});

Deno.test("NIP-19, NIP-21: findFilter() reads a code after @ or nostr:, and asks no domain", async () => {
  const { find, asked } = start();
  const npub = nip19.npubEncode(alice.pubkey);
  for (const text of [`@${npub}`, ` @${npub} `, `nostr:${npub}`, `nostr:${npub.toUpperCase()}`]) {
    assert.deepEqual(await find(text), { authors: [alice.pubkey] }, text);
  }
  const nprofile = nip19.nprofileEncode({ pubkey: alice.pubkey, relays: [B] });
  assert.deepEqual(await find(`@${nprofile}`), { authors: [alice.pubkey] });
  assert.deepEqual(asked, []);
});

Deno.test("NIP-29: findFilter() reads the address of a group, and remembers its host", async () => {
  const { find, asked, hinted } = start();
  for (const text of ["b.example'cats", "wss://b.example'cats"]) {
    assert.deepEqual(await find(text), { "#h": ["cats"] });
  }
  assert.deepEqual(await hinted("group:cats"), [`${B} nip19`]);
  assert.deepEqual(asked, []);
});

Deno.test("PeopleDirectory knows who wrote what the app published, and which relay took it", async () => {
  const { people } = start();
  const post = alice.sign();
  people.published(post, A);
  const key = `id:${post.id}`;
  const lookup = { people: [], dm: [], private: [], eventsAndGroups: [key], threads: [key] };
  const known = (await people.knowledge.lookUp(lookup)).get(key);
  assert.equal(known?.author, alice.pubkey);
  assert.deepEqual(known?.hints?.map(({ url, source }) => [url, source]), [[A, "delivered"]]);
});
