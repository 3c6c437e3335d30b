import assert from "node:assert/strict";
import fc from "fast-check";
import { explorerData } from "../../src/explorer/explorer_data.ts";
import { contentSecurityPolicy, explorerPage } from "../../src/explorer/explorer_page.ts";
import { PAGE_SOURCES } from "../../src/explorer/page_bundle.ts";
import { pageSourcesHash } from "../support/page_sources.ts";

const ALICE = "aa".repeat(32);

/** The page of one person of this name, and what its script would read. */
function pageOf(name: string): { html: string; read: unknown; data: unknown } {
  const names = new Map([[ALICE, name]]);
  const data = explorerData({ people: [ALICE], knowledge: new Map(), names, now: 0 });
  const html = explorerPage(data);
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
  return { html, read: JSON.parse(json), data };
}

Deno.test("page_bundle.ts is built from what stands in page: else run deno task explorer:build", () => {
  assert.equal(PAGE_SOURCES, pageSourcesHash());
});

Deno.test("explorerPage() lets no name out of the JSON in which it stands", () => {
  const scripts = (html: string) => html.match(/<script/g)!.length;
  const usual = scripts(pageOf("Ada").html);
  const attacks = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "$& $' $` $1",
    "</body></html>",
    '"><img src=x onerror=alert(1)>',
  ];
  for (const name of attacks) {
    const { html, read, data } = pageOf(name);
    assert.equal(scripts(html), usual, name);
    assert.deepEqual(read, data);
    assert.ok(html.trimEnd().endsWith("</html>"));
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const { html, read, data } = pageOf(name);
      assert.equal(scripts(html), usual);
      assert.deepEqual(read, data);
    }),
    { numRuns: 30 },
  );
});

Deno.test("explorerPage() names nothing that would be loaded from elsewhere, and forbids it", () => {
  const { html } = pageOf("Ada");
  assert.doesNotMatch(html, /(?:src|href)="(?!data:)/);
  assert.match(html, /http-equiv="Content-Security-Policy"/);
  assert.match(contentSecurityPolicy(false), /default-src 'none'.*connect-src 'none'/);
  assert.match(contentSecurityPolicy(true), /default-src 'none'.*connect-src 'self'/);
  assert.doesNotMatch(contentSecurityPolicy(true), /unsafe/);
});

Deno.test("explorerPage() packs the page into less than 64 kB, gzipped, besides the data", async () => {
  const { html } = pageOf("Ada");
  const packed = new Blob([html]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(packed).arrayBuffer();
  assert.ok(byteLength < 64_000, `${byteLength} bytes`);
});
