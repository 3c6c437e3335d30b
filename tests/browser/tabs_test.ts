import assert from "node:assert/strict";
import { bundle } from "../../testing/bundle.ts";
import { chromiumMissing, type Page, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { testUnless } from "../support/test_unless.ts";
import type { TabPage } from "./tabs_page.ts";

const missing = await chromiumMissing();

declare const tab: TabPage;

/** What a closing tab's connections may write to the console. */
const CLOSED = /WebSocket/;

/** Twelve relays with thirty people, each on two of them; the first relay is the indexer. */
function startWorld() {
  let posts = 0;
  const relays = Array.from({ length: 12 }, () => RelayServer.start());
  const people = Array.from({ length: 30 }, (_, i) => new Signer(i + 1));
  const homes = (i: number) => [relays[i % 12], relays[(i * 5 + 3) % 12]];
  for (const [i, person] of people.entries()) {
    const tags = homes(i).map(({ url }) => ["r", url]);
    relays[0].seed([person.sign({ kind: 10002, tags })]);
    const post = person.sign({ kind: 1, content: `post ${i}` });
    for (const relay of homes(i)) relay.seed([post]);
  }
  return {
    relays,
    people,
    authors: people.map(({ pubkey }) => pubkey),
    /** Somebody publishes on all of their relays. */
    post(i: number): string {
      const created_at = Math.floor(Date.now() / 1000);
      // Two posts of one second are two events only if they say something else.
      const event = people[i].sign({ kind: 1, content: `new ${++posts}`, created_at });
      for (const relay of new Set(homes(i))) relay.publish(event);
      return event.id;
    },
    sockets: () => relays.reduce((sum, { open }) => sum + open, 0),
    async [Symbol.asyncDispose]() {
      await Promise.all(relays.map((relay) => relay.stop()));
    },
  };
}

/** Runs a test with five tabs that have read everything and follow. */
async function withTabs(
  test: (
    tabs: Page[],
    world: ReturnType<typeof startWorld>,
  ) => Promise<void>,
  { locks = true } = {},
) {
  await using world = startWorld();
  await using server = servePages({
    "index.html":
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    "page.js": await bundle("tests/browser/tabs_page.ts"),
  });
  await withChromium(async (context) => {
    if (!locks) await context.addInitScript("delete Navigator.prototype.locks");
    const tabs: Page[] = [];
    for (let i = 0; i < 5; i++) {
      const page = await context.newPage();
      await page.goto(server.url);
      await page.evaluate((url) => tab.start(url), world.relays[0].url);
      tabs.push(page);
    }
    await Promise.all(tabs.map(async (page) => {
      const ids = await page.evaluate(
        (authors) => tab.read(authors),
        world.authors,
      );
      assert.equal(ids.length, 30);
      await page.evaluate((authors) => tab.follow(authors), world.authors);
    }));
    await test(tabs, world);
  }, { expectedErrors: CLOSED });
}

/** Waits until tabs have heard of posts, and checks that each came once. */
async function heard(tabs: readonly Page[], ids: readonly string[]) {
  for (const page of tabs) {
    await page.waitForFunction(
      (count) => tab.live().length >= count,
      ids.length,
    );
    assert.deepEqual(
      (await page.evaluate(() => tab.live())).sort(),
      ids.toSorted(),
    );
  }
}

testUnless(
  missing,
  "shareRelays() lets five tabs have at most 20 sockets",
  async () => {
    await withTabs(async (tabs, { sockets, post }) => {
      const count = sockets();
      assert.ok(count >= 5 && count <= 20, `${count} sockets`);
      const leaders = await Promise.all(
        tabs.map((page) => page.evaluate(() => tab.leads())),
      );
      assert.equal(leaders.filter(Boolean).length, 1);
      await heard(tabs, [post(3), post(17)]);
    });
  },
);

testUnless(
  missing,
  "shareRelays() lets another tab take over when the leader is closed or crashes",
  async () => {
    await withTabs(async (tabs, { sockets, post, authors }) => {
      const ids = [post(1)];
      await heard(tabs, ids);
      for (const how of ["close", "crash"]) {
        const leads = await Promise.all(
          tabs.map((page) => page.evaluate(() => tab.leads())),
        );
        const [leader] = tabs.splice(leads.indexOf(true), 1);
        if (how === "close") await leader.close();
        else {
          const crashed = leader.waitForEvent("crash");
          void leader.goto("chrome://crash").catch((error) => assert.match(`${error}`, /crash/i));
          await crashed;
        }
        // Nobody waits for the take-over: what comes meanwhile is not missed either.
        ids.push(post(5), post(6));
        await heard(tabs, ids);
        const read = await tabs[0].evaluate(
          (authors) => tab.read(authors),
          authors,
        );
        assert.equal(read.length, 30 + ids.length);
        // Those of a tab that is gone end when the browser notices.
        await eventually("five tabs have at most 20 sockets", () => sockets() <= 20);
      }
    });
  },
);

testUnless(
  missing,
  "shareRelays() lets each tab work alone where there are no Web Locks",
  async () => {
    await withTabs(async (tabs, { sockets, post }) => {
      assert.ok(sockets() > 20, `${sockets()} sockets`);
      await heard(tabs, [post(3)]);
    }, { locks: false });
  },
);
