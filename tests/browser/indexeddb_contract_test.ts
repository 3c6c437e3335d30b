import assert from "node:assert/strict";
import { bundle } from "../../testing/bundle.ts";
import { chromiumMissing, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { testUnless } from "../support/test_unless.ts";
import type { Outcome } from "./contract_page.ts";

/** The page has what tests need of Deno and of Node. */
const HTML = `<!doctype html>
<link rel="icon" href="data:,">
<script>
  globalThis.tests = [];
  globalThis.Deno = { test: (test) => tests.push(test), env: { get: () => undefined } };
</script>
<script type="importmap">{ "imports": { "node:assert/strict": "/assert.js" } }</script>
<script type="module" src="/contract.js"></script>`;

testUnless(
  await chromiumMissing(),
  "IndexedDb keeps the contracts of databases in Chromium",
  async () => {
    await using server = servePages({
      "index.html": HTML,
      "assert.js": await bundle("tests/browser/assert.ts"),
      "contract.js": await bundle("tests/browser/contract_page.ts"),
    });
    await withChromium(async (context) => {
      const page = await context.newPage();
      await page.goto(server.url);
      const outcomes = await page.evaluate("runTests()") as Outcome[];
      assert.deepEqual(outcomes.filter(({ error }) => error !== undefined), []);
      assert.ok(outcomes.length >= 44, `${outcomes.length} tests`);
    });
  },
);
