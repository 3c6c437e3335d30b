import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import { PageBuffer } from "../../src/feeds/page_buffer.ts";
import { note, notes } from "../support/notes.ts";

Deno.test("PageBuffer hands out the newest first, and of one second the lower id (NIP-01)", () => {
  const buffer = new PageBuffer();
  const [a, b, c] = [note({ created_at: 5 }), note({ created_at: 5 }), note({ created_at: 7 })];
  for (const event of [b, a, c]) assert.equal(buffer.add(event), "waiting");
  assert.deepEqual(buffer.take(2), [c, a]);
  assert.equal(buffer.add(note({ created_at: 6 })), "late");
  assert.deepEqual(buffer.take(2), [b]);
});

Deno.test("PageBuffer takes each event once, however often it comes", () => {
  const buffer = new PageBuffer();
  const [event] = notes(1);
  assert.equal(buffer.add(event), "waiting");
  assert.equal(buffer.add(event), undefined);
  buffer.take(1);
  assert.equal(buffer.add(event), undefined);
});

Deno.test("F6 memory is bounded: PageBuffer remembers some ids, and takes nothing late whose id it may have forgotten", () => {
  const max = 100;
  const buffer = new PageBuffer(max);
  const events = notes(1_000, { created_at: 1_000_000 });
  for (const event of events) {
    assert.equal(buffer.add(event), "waiting");
    buffer.take(1);
  }
  for (const event of events) assert.equal(buffer.add(event), undefined, "It comes again");
  const late = note({ created_at: 1_000_000 - 990 });
  assert.equal(buffer.add(late), "late");
  assert.equal(buffer.add(note({ created_at: 1_000_000 })), undefined);
});

Deno.test("PageBuffer keeps the newest version of a replaceable event alone", () => {
  const buffer = new PageBuffer();
  const versions = notes(3, { kind: 0 });
  assert.equal(buffer.add(versions[1]), "waiting");
  assert.equal(buffer.add(versions[2]), undefined);
  assert.equal(buffer.add(versions[0]), "waiting");
  const lists = ["a", "b"].map((d) => note({ kind: 30_000, created_at: 1, tags: [["d", d]] }));
  for (const list of lists) assert.equal(buffer.add(list), "waiting");
  assert.equal(buffer.take(9).length, 3);
});

Deno.test("PageBuffer counts what waits from a second on, and drops what nobody wants", () => {
  const buffer = new PageBuffer();
  const events = notes(4, { created_at: 10 });
  for (const event of events) buffer.add(event);
  assert.equal(buffer.countFrom(9), 2);
  assert.equal(buffer.countFrom(0), 4);
  buffer.keep(({ created_at }) => created_at > 8);
  assert.equal(buffer.size, 2);
  assert.equal(buffer.at(1), events[1]);
  assert.equal(buffer.at(2), undefined);
});

Deno.test("NIP-09: PageBuffer drops what its author deletes, whichever comes first, and nothing of others", () => {
  for (const isFirst of [true, false]) {
    const buffer = new PageBuffer();
    const [gone, kept, foreign] = notes(3, { created_at: 5 });
    const article = { kind: 30023, created_at: 5, tags: [["d", "x"]] };
    const [old, edited] = [note(article), note({ ...article, created_at: 9 })];
    const address = `30023:${old.pubkey}:x`;
    const deletion = note({
      kind: 5,
      created_at: 8,
      tags: [["e", gone.id], ["e", foreign.id], ["a", address]],
    });
    foreign.pubkey = "f".repeat(64);
    if (isFirst) buffer.add(deletion);
    for (const event of [gone, kept, foreign, old]) buffer.add(event);
    if (!isFirst) buffer.add(deletion);
    const ids = (events: NostrEvent[]) => events.map(({ id }) => id).sort();
    assert.deepEqual(ids(buffer.take(9)), ids([deletion, kept, foreign]));
    assert.equal(buffer.add(gone), undefined);
    assert.equal(buffer.add(edited), "late", "It is newer than the deletion");
  }
});

Deno.test("NIP-09: PageBuffer drops what came too late for its page and was deleted since", () => {
  const buffer = new PageBuffer();
  const [last, gone] = [note({ created_at: 3 }), note({ created_at: 5 })];
  buffer.add(last);
  buffer.take(1);
  assert.equal(buffer.add(gone), "late");
  buffer.addLate(gone);
  assert.equal(buffer.add(note({ kind: 5, created_at: 6, tags: [["e", gone.id]] })), "late");
  assert.equal(buffer.lateCount, 0);
});
