import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import { firstPage, PageIndex } from "../../src/connections/pagination.ts";
import { eventFor, filter } from "../support/arbitraries.ts";
import { AUTHORS, note } from "../support/notes.ts";

Deno.test("PageIndex finds the pages whose filters match, each once, as trying all filters does", () => {
  const world = fc.array(filter, { minLength: 1, maxLength: 6 })
    .chain((filters) => fc.tuple(fc.constant(filters), eventFor(filters[0])));
  fc.assert(fc.property(world, ([filters, event]) => {
    const pages = filters.map(firstPage);
    const found = new PageIndex(pages).of(event);
    assert.deepEqual(
      new Set(found),
      new Set(pages.filter(({ filter }) => matchFilter(filter, event))),
    );
    assert.equal(new Set(found).size, found.length);
  }));
});

Deno.test("PageIndex finds a page once if its filter names an author twice", () => {
  const page = firstPage({ authors: [AUTHORS[0], AUTHORS[1], AUTHORS[0]] });
  assert.deepEqual(new PageIndex([page]).of(note()), [page]);
});

Deno.test("PageIndex finds the pages of filters without authors, too", () => {
  const pages = [{ kinds: [1] }, { authors: [AUTHORS[1]] }, {}, { kinds: [7] }].map(firstPage);
  assert.deepEqual(new PageIndex(pages).of(note()), [pages[0], pages[2]]);
  assert.deepEqual(new PageIndex(pages).of(note({ pubkey: AUTHORS[1] })), [
    pages[1],
    pages[0],
    pages[2],
  ]);
});
