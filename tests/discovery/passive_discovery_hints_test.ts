import assert from "node:assert/strict";
import { naddrEncode, nprofileEncode } from "nostr-tools/nip19";
import type { Hint } from "../../src/hints/hint.ts";
import { draft } from "../../testing/memory_source.ts";
import { A, B, listEvent } from "../support/list_store.ts";
import { CAROL, startPassiveDiscovery } from "../support/passive_discovery.ts";

const [ALICE, BOB] = ["aa", "bb"].map((byte) => byte.repeat(32));

/** Hints without the fields that all of them share. */
function brief(hints: readonly Hint[]): string[] {
  return hints.map(({ subject, url, source }) => `${subject.slice(0, 5)} ${url} ${source}`).sort();
}

Deno.test("NIP-10: PassiveDiscovery reads hints from the tags of events, and from their delivery", async () => {
  const { hints, saw } = startPassiveDiscovery();
  await saw(draft({ pubkey: ALICE, tags: [["p", BOB, B]] }));
  assert.deepEqual(brief(hints), [`aaaaa ${A} delivered`, `bbbbb ${B} tag`]);
});

Deno.test("NIP-27: PassiveDiscovery reads hints from the contents of events, but none about groups", async () => {
  const { hints, saw } = startPassiveDiscovery();
  const host = naddrEncode({ kind: 39000, pubkey: CAROL, identifier: "cats", relays: [B] });
  const codes = [nprofileEncode({ pubkey: BOB, relays: [B] }), host];
  await saw(draft({ pubkey: ALICE, content: codes.map((code) => `nostr:${code}`).join(" ") }));
  assert.deepEqual(brief(hints), [
    `aaaaa ${A} delivered`,
    `bbbbb ${B} tag`,
    `ccccc ${B} tag`,
  ]);
});

Deno.test("PassiveDiscovery reads the tags of an event once, whichever relays deliver it", () => {
  const { hints, discovery } = startPassiveDiscovery();
  const post = draft({ pubkey: ALICE, tags: [["p", BOB, B]] });
  discovery.saw(post, A);
  discovery.saw(post, B);
  assert.deepEqual(brief(hints), [
    `aaaaa ${A} delivered`,
    `aaaaa ${B} delivered`,
    `bbbbb ${B} tag`,
  ]);
});

Deno.test("NIP-02: PassiveDiscovery reads hints about followed people from a follow list", async () => {
  const { hints, saw } = startPassiveDiscovery();
  await saw(draft({ kind: 3, pubkey: ALICE, tags: [["p", BOB, B]] }));
  assert.deepEqual(brief(hints), [`bbbbb ${B} follows`]);
});

Deno.test("NIP-29: PassiveDiscovery ignores what a stranger's tag says of a group's host", async () => {
  const { hints, saw } = startPassiveDiscovery([listEvent(ALICE)]);
  await saw(draft({ kind: 9, pubkey: BOB, tags: [["h", "cats", B], ["e", "ee".repeat(32), B]] }));
  assert.deepEqual(brief(hints), [`bbbbb ${A} delivered`, `id:ee ${B} tag`]);
});

Deno.test("PassiveDiscovery keeps no hint about people whose list is known", async () => {
  const { store, hints, saw } = startPassiveDiscovery([listEvent(ALICE), listEvent(BOB)]);
  await store.get([ALICE, BOB]);
  await saw(draft({ pubkey: ALICE, tags: [["p", BOB, B], ["p", CAROL, B]] }));
  assert.deepEqual(brief(hints), [`ccccc ${B} tag`]);
});

Deno.test("NIP-59: PassiveDiscovery learns nothing from gift wraps and ephemeral events", async () => {
  const { hints, saw } = startPassiveDiscovery();
  for (const kind of [1059, 21059, 20001]) {
    await saw(draft({ kind, pubkey: ALICE, tags: [["p", BOB, B]] }));
  }
  assert.deepEqual(hints, []);
});

Deno.test("PassiveDiscovery reads no hints from events that the app publishes, but stores lists among them", async () => {
  const { write, hints, discovery } = startPassiveDiscovery();
  discovery.published(listEvent(CAROL, [B]));
  discovery.published(draft({ pubkey: CAROL, tags: [["p", BOB, B]] }));
  await discovery.idle();
  assert.deepEqual(await write(CAROL), [B]);
  assert.deepEqual(hints, []);
});
