import assert from "node:assert/strict";
import { bundle } from "../../testing/bundle.ts";
import { chromiumMissing, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { testUnless } from "../support/test_unless.ts";
import type { Verified } from "./verify_page.ts";

const missing = await chromiumMissing();

/** A page that may load what a content policy allows. */
const page = (policy: string) =>
  `<!doctype html>
<link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<script type="module" src="/verify.js"></script>`;

/** What a page finds that has the program and, unless it is alone, the worker beside it. */
async function found(policy: string, { isAlone = false, rounds = 20 } = {}): Promise<Verified> {
  const worker = { "verify_worker.js": await bundle("src/signatures/verify_worker.ts") };
  await using server = servePages({
    "index.html": page(policy),
    "verify.js": await bundle("tests/browser/verify_page.ts", { minify: true }),
    ...isAlone ? {} : worker,
  });
  let result: Verified | undefined;
  await withChromium(async (context) => {
    const tab = await context.newPage();
    await tab.goto(server.url);
    await tab.waitForFunction("globalThis.verifyMany");
    result = await tab.evaluate(`verifyMany(${rounds})`) as Verified;
  }, { expectedErrors: /worker|404/i });
  return result!;
}

testUnless(
  missing,
  "WorkerVerifier has a worker beside a bundle verify, in Chromium",
  async () => {
    assert.deepEqual(await found("script-src 'self'; worker-src 'self'"), { wrong: 0, workers: 1 });
  },
);

testUnless(
  missing,
  "WorkerVerifier verifies in the page where a content policy allows no worker, in Chromium",
  async () => {
    const policy = "script-src 'self'; worker-src 'none'";
    assert.deepEqual(await found(policy, { rounds: 2 }), { wrong: 0, workers: 0 });
  },
);

testUnless(
  missing,
  "WorkerVerifier verifies in the page where no worker is beside the bundle, in Chromium",
  async () => {
    const alone = await found("script-src 'self'", { isAlone: true, rounds: 2 });
    assert.deepEqual(alone, { wrong: 0, workers: 0 });
  },
);
