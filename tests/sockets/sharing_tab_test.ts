import assert from "node:assert/strict";
import type { OpenOptions } from "../../src/connections/open_relay.ts";
import { SharingTab } from "../../src/tabs/sharing_tab.ts";
import { shareRelays } from "../../src/tabs/tabs.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { eventually } from "../support/eventually.ts";
import { FakeBrowser } from "../support/fake_browser.ts";

const alice = new Signer(1);

/** What a connection is opened with; the rest is not used here. */
const hooks = (more: Partial<OpenOptions> = {}) => ({ isNamed: false, ...more }) as OpenOptions;

/** Tabs of one browser, and a relay. */
function setUp(count: number) {
  const browser = new FakeBrowser();
  const relay = RelayServer.start();
  const clock = new TestClock();
  const tabs = Array.from({ length: count }, () => new SharingTab("test", clock));
  return {
    browser,
    relay,
    clock,
    tabs,
    async [Symbol.asyncDispose]() {
      for (const tab of tabs) tab.close();
      await relay.stop();
      browser.restore();
    },
  };
}

Deno.test("SharingTab reads and publishes over the one tab that leads", async () => {
  await using world = setUp(3);
  const { relay, tabs } = world;
  const relays = tabs.map((tab) => tab.open(relay.url, hooks()));
  const posts = [1, 2, 3].map((n) => alice.sign({ content: `${n}` }));
  await Promise.all(relays.map((one, i) => one.event(posts[i])));
  for (const one of relays) assert.equal((await one.query([{ kinds: [1] }])).length, 3);
  assert.equal(relay.open, 1);
  assert.deepEqual(tabs.map(({ isLeader }) => isLeader), [true, false, false]);
  for (const one of relays.slice(1)) await one.close();
  await relays[0].query([{ kinds: [1] }]);
  assert.equal(relay.open, 1, "the tab that leads still uses it");
  await relays[0].close();
  await eventually("nobody uses it", () => relay.open === 0);
});

Deno.test("SharingTab hears that a relay hung up, or cannot be reached, as on a WebSocket", async () => {
  await using world = setUp(2);
  const { relay, tabs } = world;
  const closed: string[] = [];
  const open = (tab: SharingTab, url: string) =>
    tab.open(url, hooks({ onClose: (detail) => closed.push(detail) }));
  const relays = tabs.map((tab) => open(tab, relay.url));
  for (const one of relays) await one.query([{ kinds: [1] }]);
  await relay.disconnect();
  await eventually("both have heard it", () => closed.length === 2);
  await relay.down();
  for (const tab of tabs) open(tab, relay.url);
  await eventually("both have heard it", () => closed.length === 4);
  assert.throws(() => open(tabs[1], "not a URL"), TypeError);
});

Deno.test("SharingTab takes over when the tab that leads ends, and lines over that one end", async () => {
  await using world = setUp(3);
  const { relay, tabs } = world;
  const closed: number[] = [];
  const open = (i: number) => tabs[i].open(relay.url, hooks({ onClose: () => closed.push(i) }));
  const relays = [0, 1, 2].map(open);
  for (const one of relays) await one.query([{ kinds: [1] }]);
  tabs[0].close();
  await eventually("all have heard it", () => closed.length === 3);
  await open(2).query([{ kinds: [1] }]);
  await open(1).query([{ kinds: [1] }]);
  assert.deepEqual(tabs.map(({ isLeader }) => isLeader), [false, true, false]);
  await eventually("only the tab that leads is connected", () => relay.open === 1);
  const late = open(0);
  await assert.rejects(late.query([{ kinds: [1] }]), /the sharing of connections has ended/);
});

Deno.test("SharingTab that leads ends the lines of a tab that is gone", async () => {
  await using world = setUp(2);
  const { relay, tabs } = world;
  await tabs[1].open(relay.url, hooks()).query([{ kinds: [1] }]);
  assert.equal(relay.open, 1);
  tabs[1].close();
  await eventually("its line is gone", () => relay.open === 0);
});

Deno.test("SharingTab ends its lines when it takes over from a tab that crashed without a word", async () => {
  await using world = setUp(3);
  const { browser, relay, tabs } = world;
  const closed: number[] = [];
  const open = (i: number) => tabs[i].open(relay.url, hooks({ onClose: () => closed.push(i) }));
  for (const i of [1, 2]) await open(i).query([{ kinds: [1] }]);
  browser.freeze("test tab ");
  tabs[0].close();
  await eventually("both have heard it", () => closed.length === 2);
  browser.thaw();
  assert.deepEqual(closed.toSorted(), [1, 2]);
  for (const i of [1, 2]) await open(i).query([{ kinds: [1] }]);
  assert.equal(relay.open, 1);
});

Deno.test("SharingTab close() leaves no lock and no channel, however early it comes", async () => {
  await using world = setUp(0);
  const { browser, clock, relay } = world;
  new SharingTab("test", clock).close();
  const tabs = [1, 2, 3].map(() => new SharingTab("test", clock));
  const relays = tabs.map((tab) => tab.open(relay.url, hooks()));
  for (const one of relays) await one.query([{ kinds: [1] }]);
  assert.deepEqual(tabs.map(({ isLeader }) => isLeader), [true, false, false]);
  tabs[1].close();
  await relays[2].query([{ kinds: [1] }]);
  for (const tab of tabs) {
    tab.close();
    tab.close();
  }
  await eventually("all channels are closed", () => browser.channels === 0);
  using next = new SharingTab("test", clock);
  await next.open(relay.url, hooks()).query([{ kinds: [1] }]);
  assert.equal(next.isLeader, true);
});

Deno.test("SharingTab connects by itself when the tab that leads does not answer", async () => {
  await using world = setUp(2);
  const { browser, clock, relay, tabs } = world;
  await tabs[1].open(relay.url, hooks()).query([{ kinds: [1] }]);
  browser.freeze("test leader");
  const alone = tabs[1].open(relay.url, hooks());
  const found = alone.query([{ kinds: [1] }]);
  await clock.advance(2_001);
  assert.deepEqual(await found, []);
  assert.equal(relay.open, 2);
  await alone.event(alice.sign({ content: "alone" }));
  tabs[0].close();
  assert.equal((await alone.query([{ kinds: [1] }])).length, 1, "it needs no other tab");
  await alone.close();
});

Deno.test("SharingTab never shares a connection that may sign in", async () => {
  await using world = setUp(2);
  const { relay, tabs } = world;
  const relays = tabs.map((tab) => tab.open(relay.url, hooks({ isNamed: true })));
  for (const one of relays) await one.query([{ kinds: [1] }]);
  assert.equal(relay.open, 2);
  for (const one of relays) await one.close();
});

Deno.test("shareRelays() shares nothing among tabs that give other names", async () => {
  const browser = new FakeBrowser();
  await using relay = RelayServer.start();
  const tabs = [shareRelays({ name: "a" }), shareRelays(), shareRelays({ name: "a" })];
  const relays = tabs.map((tab) => tab.open(relay.url, hooks()));
  for (const one of relays) await one.query([{ kinds: [1] }]);
  assert.deepEqual(tabs.map(({ isLeader }) => isLeader), [true, true, false]);
  assert.equal(relay.open, 2);
  tabs[1].close();
  await eventually("its own connection is gone", () => relay.open === 1);
  assert.deepEqual(tabs.map(({ isLeader }) => isLeader), [true, false, false]);
  for (const tab of tabs) tab.close();
  browser.restore();
});

Deno.test("shareRelays() connects by itself where there are no Web Locks, and refuses wrong options", async () => {
  const browser = new FakeBrowser({ hasLocks: false });
  await using relay = RelayServer.start();
  using shared = shareRelays();
  const one = shared.open(relay.url, hooks());
  assert.deepEqual(await one.query([{ kinds: [1] }]), []);
  assert.equal(shared.isLeader, false);
  await one.close();
  shared.close();
  browser.restore();
  assert.throws(() => shareRelays({ names: "x" } as object), /no option of that name/);
});
