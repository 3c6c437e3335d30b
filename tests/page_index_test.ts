import assert from "node:assert/strict";
import fc from "fast-check";
import { matchFilter } from "nostr-tools";
import { firstPage } from "../src/answer_pages.ts";
import { PageIndex } from "../src/page_index.ts";
import { event, filter } from "./support/arbitraries.ts";
import { AUTHORS, note } from "./support/notes.ts";

Deno.test("PageIndex finds the pages whose filters match, each once, as trying all of them does", () => {
  fc.assert(fc.property(fc.array(filter, { maxLength: 6 }), event, (filters, event) => {
    const pages = filters.map(firstPage);
    const found = new PageIndex(pages).of(event);
    assert.deepEqual(
      new Set(found),
      new Set(pages.filter(({ filter }) => matchFilter(filter, event))),
    );
    assert.equal(new Set(found).size, found.length);
  }));
});

Deno.test("PageIndex finds a page once whose filter names an author twice", () => {
  const page = firstPage({ authors: [AUTHORS[0], AUTHORS[1], AUTHORS[0]] });
  assert.deepEqual(new PageIndex([page]).of(note()), [page]);
});
