import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { planSettings } from "../src/plan/plan_options.ts";
import { settled } from "../testing/test_clock.ts";
import { A, alice, B, bob, C, relaysOf, start } from "./support/people_parts.ts";

Deno.test("NIP-19: find() makes a filter of what was pasted, and remembers where it points", async () => {
  const { people, hinted, asked } = start();
  const { pubkey } = bob;
  const id = "ee".repeat(32);
  const nprofile = nip19.nprofileEncode({ pubkey, relays: [A] });
  const nevent = nip19.neventEncode({ id, relays: [B] });
  assert.deepEqual(await people.find(`see ${nprofile}.`), { authors: [pubkey] });
  assert.deepEqual(await people.find(`https://njump.me/${nevent}`), { ids: [id] });
  assert.deepEqual(await people.find(nip19.npubEncode(pubkey)), { authors: [pubkey] });
  assert.deepEqual(await hinted(pubkey), [`${A} nip19`]);
  assert.deepEqual(await hinted(`id:${id}`), [`${B} nip19`]);
  assert.deepEqual(asked, []);
});

Deno.test("NIP-05: find() asks the domain of an address, and remembers the relays it names", async () => {
  const { people, hinted, asked } = start();
  for (const address of ["bob@nostr.example", " bob@nostr.example:8443 "]) {
    assert.deepEqual(await people.find(address), { authors: [bob.pubkey] });
  }
  assert.deepEqual(asked, [
    "https://nostr.example/.well-known/nostr.json?name=bob",
    "https://nostr.example:8443/.well-known/nostr.json?name=bob",
  ]);
  assert.deepEqual(await hinted(bob.pubkey), [`${B} nip05`]);
  await assert.rejects(people.find("nostr.example"), { message: /names no pubkey/ });
  await assert.rejects(people.find("bob@localhost"), { message: /\(local\)/ });
});

Deno.test("find() takes nothing else, and tells no domain a secret key", async () => {
  const { people, asked } = start();
  const secrets = [`${nip19.nsecEncode(new Uint8Array(32).fill(1))}@a.example`, "nsec1abc.example"];
  const long = [`${"a.".repeat(5_000)}!`, "a".repeat(100_000), `${"a".repeat(500)}.example`];
  for (const text of [...secrets, ...long, "", "bob", "a..b", 7 as unknown as string]) {
    await assert.rejects(people.find(text), TypeError);
  }
  assert.deepEqual(asked, []);
});

Deno.test("find() that is given up rejects with the signal's reason", async () => {
  const fetch = () => new Promise<never>(() => {});
  const { people } = start({ fetch });
  const given = { signal: AbortSignal.abort(new Error("never mind")) };
  await assert.rejects(people.find("bob@nostr.example", given), { message: "never mind" });
  await assert.rejects(people.find(nip19.npubEncode(bob.pubkey), given), { message: "never mind" });
  const controller = new AbortController();
  const found = people.find("bob@nostr.example", controller);
  await settled();
  controller.abort(new Error("too late"));
  await assert.rejects(found, { message: "too late" });
});

Deno.test("hint() remembers what is entered by hand about people, events and groups", async () => {
  const { people, hinted } = start();
  for (const about of [bob.pubkey, `id:${"ee".repeat(32)}`, "group:cats"]) {
    people.hint(about, ["wss://A.example", B]);
    assert.deepEqual(await hinted(about), [`${A} hand`, `${B} hand`]);
  }
});

Deno.test("hint() throws on what it cannot be about, and on a relay that the policy refuses", () => {
  const { people } = start();
  for (const about of ["npub1x", "id:1", "group:", `group:${"x".repeat(101)}`, "", undefined]) {
    assert.throws(() => people.hint(about as string, [A]), {
      name: "TypeError",
      message: new RegExp(`^Cannot enter a hint: .*, got ${JSON.stringify(about)}$`),
    });
  }
  assert.throws(() => people.hint(bob.pubkey, [A, "ws://b.example"]), {
    name: "TypeError",
    message: 'Cannot enter a hint: "ws://b.example" is refused (insecure)',
  });
  assert.throws(() => people.hint(bob.pubkey, A as unknown as string[]), {
    name: "TypeError",
    message: `Cannot enter a hint: "relays" must be an array, got ${A}`,
  });
});

Deno.test("a relay is usable by the policy, and unless the user blocks it, but for a group's host", async () => {
  const { people, settings, world, hinted } = start({ user: alice.pubkey });
  assert.deepEqual(people.check("wss://A.example"), { url: A });
  assert.deepEqual(people.check("ws://127.0.0.1"), { reason: "local" });
  await settings.store.event(alice.sign({ kind: 10006, tags: relaysOf(A, B) }));
  await settings.store.event(alice.sign({ kind: 10009, tags: [["group", "cats", B]] }));
  people.hint(bob.pubkey, [A, C]);
  assert.deepEqual(await hinted(bob.pubkey), [`${C} hand`]);
  assert.ok(world.blocks > 0);
  assert.deepEqual(people.check(A), { reason: "blocked" });
  assert.deepEqual(people.check(A, "group"), { reason: "blocked" });
  assert.deepEqual(people.check(B), { reason: "blocked" });
  assert.deepEqual(people.check(B, "group"), { url: B });
  assert.deepEqual([A, B, C].map((url) => people.isBlocked(url)), [true, false, false]);
});

Deno.test("settings follow the user's own lists, and are left as they are without a user", async () => {
  const plan = planSettings({ searchRelays: [C] });
  const nobody = start();
  assert.equal(nobody.people.adapt(plan), plan);
  assert.deepEqual(nobody.people.isBlocked(A), false);

  const { people, settings, hinted } = start({ user: alice.pubkey });
  assert.deepEqual(people.adapt(plan).searchRelays, [C]);
  await settings.store.event(alice.sign({ kind: 10007, tags: relaysOf(A) }));
  await settings.store.event(alice.sign({ kind: 10006, tags: relaysOf(B) }));
  await hinted(bob.pubkey);
  const { searchRelays, check, maxRelays } = people.adapt(plan);
  assert.deepEqual([searchRelays, maxRelays], [[A], 20]);
  assert.deepEqual(check(B), { reason: "blocked" });
});

Deno.test("NIP-37: private relays count once the signer has told them, and a signer that hangs holds up nobody for long", async () => {
  const sealed = alice.sign({ kind: 10013, content: "sealed" });
  const opened = Promise.withResolvers<string>();
  const { people, settings, clock, errors } = start({
    user: alice.pubkey,
    signer: { nip44: { decrypt: () => opened.promise } },
  });
  await settings.store.event(sealed);
  const wishes = { people: [], dm: [], private: [alice.pubkey], eventsAndGroups: [] };
  let known: Map<string, { private?: readonly string[] }> | undefined;
  people.knowledge.lookUp(wishes).then((found) => known = new Map(found));
  await clock.advance(2_999);
  assert.equal(known, undefined);
  await clock.advance(1);
  assert.deepEqual(known!.get(alice.pubkey), { private: [] });
  assert.match(errors.map(({ message }) => message).join(), /the signer took over 3000 ms$/);
  opened.resolve(JSON.stringify(relaysOf(A)));
  await settled();
  const later = await people.knowledge.lookUp(wishes);
  assert.deepEqual(later.get(alice.pubkey), { private: [A] });
});
