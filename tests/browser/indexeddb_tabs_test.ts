import assert from "node:assert/strict";
import { bundle } from "../../testing/bundle.ts";
import { chromiumMissing, type Page, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { testUnless } from "../support/test_unless.ts";
import type { StorePage } from "./store_page.ts";

const missing = await chromiumMissing();

declare const events: StorePage;

/** Runs a test with some tabs of one browser. */
async function withTabs(count: number, test: (tabs: readonly Page[]) => Promise<void>) {
  await using server = servePages({
    "index.html": '<!doctype html><link rel="icon" href="data:,"><script src="/page.js"></script>',
    "page.js": await bundle("tests/browser/store_page.ts"),
  });
  await withChromium(async (context) => {
    const tabs: Page[] = [];
    for (let i = 0; i < count; i++) {
      const page = await context.newPage();
      await page.goto(server.url);
      tabs.push(page);
    }
    await test(tabs);
  });
}

testUnless(missing, "IndexedDb loses nothing of what two tabs write at once", async () => {
  await withTabs(2, async (tabs) => {
    await Promise.all(tabs.map(async (tab, i) => {
      await tab.evaluate(() => events.open());
      const [stored] = await Promise.all([
        tab.evaluate((i) => events.store(1_000 * i, 600), i),
        tab.evaluate(() => events.increment(100)),
      ]);
      assert.equal(stored, undefined);
    }));
    for (const tab of tabs) {
      const { count, record } = await tab.evaluate(() => events.state());
      assert.deepEqual([count, record], [1_200, "200"]);
    }
  });
});

testUnless(missing, "IndexedDb keeps what a tab stored that crashed", async () => {
  await withTabs(2, async ([tab, other]) => {
    await tab.evaluate(() => events.open());
    assert.equal(await tab.evaluate(() => events.store(0, 200)), undefined);
    const crashed = tab.waitForEvent("crash");
    void tab.goto("chrome://crash").catch((error) => assert.match(`${error}`, /crash/i));
    await crashed;
    await other.evaluate(() => events.open());
    assert.equal((await other.evaluate(() => events.state())).count, 200);
  });
});

testUnless(
  missing,
  "IndexedDb says that the browser's storage is full, and is still read",
  async () => {
    await withTabs(1, async ([tab]) => {
      await tab.evaluate(() => events.open());
      const browser = await tab.context().newCDPSession(tab);
      const { origin } = new URL(tab.url());
      await browser.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 3_000_000 });
      let stored = 0;
      let error: string | undefined;
      // The browser looks at the quota only now and then.
      for (; error === undefined && stored < 3_000; stored += 50) {
        error = await tab.evaluate(
          (from) => events.store(from, 50, "x".repeat(10_000)),
          stored,
        );
      }
      assert.equal(
        error,
        'Cannot write to the IndexedDB "tabs": the browser\'s storage for this origin is full; a lower ' +
          "`maxEvents` needs less",
      );
      const { count } = await tab.evaluate(() => events.state());
      assert.equal(count, stored - 50, "all or none of a turn");
    });
  },
);

testUnless(
  missing,
  "IndexedDb says that it is gone in a tab whose database another one deleted",
  async () => {
    await withTabs(2, async ([tab, other]) => {
      await tab.evaluate(() => events.open());
      await other.evaluate(() => events.remove());
      assert.equal(
        await tab.evaluate(() => events.store(0, 1)),
        'Cannot use the IndexedDB "tabs": another tab has deleted or upgraded it',
      );
    });
  },
);
