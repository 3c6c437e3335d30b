import assert from "node:assert/strict";
import { HintList } from "../../src/hints/hint_list.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const url = "wss://a.example";
const source = "tag";

Deno.test("HintList leaves out hints without a subject, and URLs of an impossible length", () => {
  const list = new HintList(source);
  const whatever: unknown[] = [undefined, null, 1, {}, [], "", "x", ALICE.toUpperCase()];
  for (const junk of whatever) {
    list.addPerson(junk, url);
    list.addEvent(junk, url, ALICE);
    list.add(`id:${junk}`, url);
    if (typeof junk !== "string") list.addGroup(junk, url);
  }
  for (const other of [`id:${ID}`, "group:pizza"]) list.addPerson(other, url);
  list.addGroup("", url);
  list.addGroup("x".repeat(101), url);
  for (const junk of [undefined, null, 1, [url], "", `wss://${"x".repeat(251)}`]) {
    list.addPerson(ALICE, junk);
    list.addEvent(ID, junk);
    list.addEvent(ID, junk, "junk");
    list.addGroup("pizza", junk);
  }
  assert.deepEqual(list.all(), []);

  list.addPerson(ALICE, `wss://${"x".repeat(250)}`);
  list.addGroup("\n".repeat(100), url);
  assert.equal(list.all().length, 2);
});

Deno.test("HintList keeps a hint once, with the author if any copy of it had one", () => {
  const list = new HintList(source);
  list.addEvent(ID, url);
  list.addEvent(ID, url, "junk");
  assert.deepEqual(list.all(), [{ subject: `id:${ID}`, url, source }]);
  list.addEvent(ID, url, ALICE);
  list.addEvent(ID, url, BOB);
  list.addEvent(ID, url);
  assert.deepEqual(list.all()[0], { subject: `id:${ID}`, url, source, author: ALICE });
});

Deno.test("HintList takes only a pubkey for an author", () => {
  const list = new HintList(source);
  for (const junk of ["reply", `id:${ID}`, "group:pizza", ALICE.slice(1)]) {
    list.addEvent(ID, url, junk);
    assert.deepEqual(list.all(), [{ subject: `id:${ID}`, url, source }]);
  }
});

Deno.test("HintList keeps the first 8 relays of each subject", () => {
  const list = new HintList(source);
  const urls = Array.from({ length: 12 }, (_, i) => `${url}/${i}`);
  for (const url of urls) for (const person of [ALICE, BOB]) list.addPerson(person, url);
  for (const person of [ALICE, BOB]) {
    const kept = list.all().filter(({ subject }) => subject === person).map(({ url }) => url);
    assert.deepEqual(kept, urls.slice(0, 8));
  }
  // A full list may still learn the author.
  const full = new HintList(source);
  for (const url of urls) full.addEvent(ID, url);
  full.addEvent(ID, urls[0], ALICE);
  full.addEvent(ID, urls[9], ALICE);
  assert.deepEqual(
    full.all().filter(({ author }) => author).map(({ url }) => url),
    [urls[0]],
  );
});

Deno.test("NIP-10: HintList names the author of an event once where no relay is named, and of nothing else", () => {
  const list = new HintList(source);
  for (const junk of [undefined, "", 1, `wss://${"x".repeat(251)}`]) {
    list.addEvent(ID, junk, ALICE);
    list.add(ALICE, junk, ALICE);
    list.add("group:pizza", junk, ALICE);
  }
  assert.deepEqual(list.all(), [{ subject: `id:${ID}`, source, author: ALICE }]);
});
