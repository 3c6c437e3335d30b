import assert from "node:assert/strict";
import { bundle, bundleSplit } from "../../testing/bundle.ts";
import { chromiumMissing, type Page, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { testUnless } from "../support/test_unless.ts";
import type { PartsPage } from "./parts_page.ts";

const missing = await chromiumMissing();

declare const page: PartsPage;

/** What a page whose parts cannot be loaded writes to the console. */
const OFFLINE = /ERR_|Failed to load/;

const HTML = '<!doctype html><link rel="icon" href="data:,">' +
  '<script type="module" src="/parts_page.js"></script>';

/** Two relays, each with the lists and posts of one person; they answer once the test says so. */
function startWorld() {
  const answering = Promise.withResolvers<void>();
  const relay = RelayServer.start({ latency: () => answering.promise });
  const alice = new Signer(1);
  relay.seed([
    alice.sign({ kind: 10002, tags: [["r", relay.url]] }),
    alice.sign({ kind: 1, content: "hello" }),
  ]);
  return { alice, relay, answer: answering.resolve, [Symbol.asyncDispose]: () => relay.stop() };
}

/** The names of the parts that a page has requested, each once, as they come. */
function partsOf(tab: Page): Set<string> {
  const parts = new Set<string>();
  tab.on("request", (request) => {
    const [, name] = /\/(\w+_part)-\w+\.js$/.exec(request.url()) ?? [];
    if (name) parts.add(name);
  });
  return parts;
}

/** Runs a test in a page with an outbox, of Alice's or of nobody's. */
async function withPage(
  test: (tab: Page, world: ReturnType<typeof startWorld>, parts: Set<string>) => Promise<void>,
  { files, isAlices = false }: { files?: Record<string, string>; isAlices?: boolean } = {},
): Promise<void> {
  await using world = startWorld();
  const split = files ?? Object.fromEntries(await bundleSplit("tests/browser/parts_page.ts"));
  await using server = servePages({ "index.html": HTML, ...split });
  await withChromium(async (context) => {
    const tab = await context.newPage();
    const parts = partsOf(tab);
    await tab.goto(server.url);
    await tab.waitForFunction("globalThis.page");
    const user = isAlices ? world.alice.pubkey : undefined;
    await tab.evaluate(([url, user]) => page.start(url!, user), [world.relay.url, user]);
    await test(tab, world, parts);
    await tab.evaluate(() => page.close());
  }, { expectedErrors: OFFLINE });
}

testUnless(missing, "createOutbox() loads parts when they are needed, in Chromium", async () => {
  await withPage(async (tab, { alice, relay, answer }, parts) => {
    const read = tab.evaluate((author) => page.read(author), alice.pubkey);
    while (relay.stats.reqs === 0) await tab.waitForTimeout(10);
    // It stores the author's list, which is looked for.
    assert.deepEqual([...parts].filter((name) => name !== "writing_part"), []);
    answer();
    assert.deepEqual(await read, ["hello"]);
    while (parts.size < 2) await tab.waitForTimeout(10);
    assert.deepEqual([...parts].sort(), ["learning_part", "writing_part"]);
    await tab.evaluate((author) => page.open(author), alice.pubkey);
    assert.deepEqual(await tab.evaluate(() => page.next()), ["hello"]);
    assert.deepEqual([...parts].slice(2), ["reading_part"]);
    const post = alice.sign({ kind: 1, content: "new", created_at: Math.floor(Date.now() / 1000) });
    await tab.evaluate((event) => page.publish(event), post);
    assert.deepEqual([...parts].slice(2), ["reading_part", "publishing_part"]);
    const both = await tab.evaluate((author) => page.readTwice(author), alice.pubkey);
    assert.deepEqual(both, [["new", "hello"], ["new", "hello"]]);
    assert.deepEqual([...parts].slice(4), ["sharing_part"]);
    const text = await tab.evaluate((author) => page.explain(author), alice.pubkey);
    assert.equal(text, "1 of 1 person requested from 1 relay");
    assert.deepEqual(await tab.evaluate(() => page.errors()), []);
  });
});

testUnless(
  missing,
  "createOutbox() loads nothing but what learns where lists and posts are those of an earlier visit, in Chromium",
  async () => {
    await withPage(async (tab, { alice, relay, answer }, parts) => {
      answer();
      await tab.evaluate((author) => page.read(author), alice.pubkey);
      while (!parts.has("writing_part")) await tab.waitForTimeout(10);
      await tab.evaluate(() => page.close());
      await tab.reload();
      await tab.waitForFunction("globalThis.page");
      parts.clear();
      await tab.evaluate((url) => page.start(url), relay.url);
      assert.deepEqual(await tab.evaluate((author) => page.read(author), alice.pubkey), ["hello"]);
      while (parts.size === 0) await tab.waitForTimeout(10);
      assert.deepEqual([...parts], ["learning_part"]);
      assert.deepEqual(await tab.evaluate(() => page.errors()), []);
    });
  },
);

testUnless(
  missing,
  "createOutbox() with a user can publish once the network is gone, in Chromium",
  async () => {
    await withPage(async (tab, { alice, relay, answer }) => {
      const loaded = tab.waitForResponse(/publishing_part/);
      answer();
      assert.deepEqual(await tab.evaluate((author) => page.read(author), alice.pubkey), ["hello"]);
      await (await loaded).finished();
      await tab.route("**/*_part-*", (route) => route.abort());
      await relay.stop();
      const post = alice.sign({ kind: 1, content: "new" });
      assert.equal(await tab.evaluate((event) => page.writeDown(event), post), "pending");
      assert.deepEqual(await tab.evaluate(() => page.errors()), []);
    }, { isAlices: true });
  },
);

testUnless(
  missing,
  "createOutbox() says that a part could not be loaded, and tries again, in Chromium",
  async () => {
    await withPage(async (tab, { alice, answer, relay }) => {
      answer();
      await tab.route("**/*_part-*", (route) => route.abort());
      assert.deepEqual(await tab.evaluate((author) => page.read(author), alice.pubkey), ["hello"]);
      await tab.evaluate((author) => page.open(author), alice.pubkey);
      const failed = "could not be loaded. The next call tries again";
      assert.equal(
        await tab.evaluate(() => page.next()),
        `Cannot read a feed or answer a question: a part of @npool/outbox ${failed}`,
      );
      // The list is kept in memory; which of both parts is missed first does not matter.
      assert.deepEqual((await tab.evaluate(() => page.errors())).sort(), [
        `Cannot learn from what relays answer, or look for people and events: a part of @npool/outbox ${failed}`,
        `Cannot store the lists of ${relay.url}`,
      ]);
      const both = await tab.evaluate((author) => page.readTwice(author), alice.pubkey);
      assert.deepEqual(both, [["hello"], ["hello"]]);
      assert.deepEqual((await tab.evaluate(() => page.errors())).slice(2), [
        `Cannot plan requests together, so each goes out by itself: a part of @npool/outbox ${failed}`,
      ]);
      await tab.unroute("**/*_part-*");
      assert.deepEqual(await tab.evaluate(() => page.next()), ["hello"]);
    });
  },
);

testUnless(
  missing,
  "createOutbox() has all parts in one file where a bundler does not split, in Chromium",
  async () => {
    const whole = { "parts_page.js": await bundle("tests/browser/parts_page.ts") };
    await withPage(async (tab, { alice, answer }, parts) => {
      answer();
      await tab.evaluate((author) => page.open(author), alice.pubkey);
      assert.deepEqual(await tab.evaluate(() => page.next()), ["hello"]);
      const post = alice.sign({
        kind: 1,
        content: "new",
        created_at: Math.floor(Date.now() / 1000),
      });
      await tab.evaluate((event) => page.publish(event), post);
      assert.deepEqual([...parts], []);
    }, { files: whole });
  },
);
