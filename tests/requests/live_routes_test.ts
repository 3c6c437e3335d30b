import assert from "node:assert/strict";
import { OnDemand } from "../../src/base/on_demand.ts";
import { LiveRequest } from "../../src/requests/live_request.ts";
import { LiveRoutes } from "../../src/requests/live_routes.ts";
import { News } from "../../testing/list_news.ts";
import { holding } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { LiveTest, openFeed } from "../support/live_world.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";

const posts = (count: number) => ({ kinds: [1], authors: AUTHORS.slice(0, count) });
const post = (author: number, draft = {}) => note({ pubkey: AUTHORS[author], ...draft });

Deno.test("NIP-17: LiveRoutes has gift wraps requested as soon as there is a list for them", async () => {
  const test = new LiveTest({ scripts: { z: holding([]) } });
  await test.begin({ kinds: [1059], "#p": [AUTHORS[0]] }, posts(1));
  test.news.tell(AUTHORS[0], [url("d")], 10050);
  test.announce(0, "a");
  await test.clock.advance(250);
  assert.deepEqual(test.relay("d").last.filters, [{ kinds: [1059], "#p": [AUTHORS[0]] }]);
  assert.deepEqual(test.relay("a").last.filters, [posts(1)]);
});

Deno.test("LiveRoutes takes in lists that become known between the planning and the first REQ", async () => {
  const test = new LiveTest({ scripts: { z: holding([]), a: holding([post(0)]) } });
  await test.plan(posts(2));
  test.announce(0, "a");
  test.join("z");
  await test.clock.advance(250);
  assert.equal(test.events.length, 1);
});

Deno.test("LiveRoutes ignores news that a request was planned by", async () => {
  const [first, again] = [false, true].map((isKnown) => {
    const test = new LiveTest({ lists: ["a", "b"], scripts: { a: holding([]), b: holding([]) } });
    if (isKnown) test.announce(0, "a");
    return test;
  });
  for (const test of [first, again]) await test.begin(posts(2));
  assert.equal(again.clock.pending, first.clock.pending, "it waits for nothing more");
  again.announce(0, "b");
  assert.equal(again.clock.pending, first.clock.pending + 1);
});

Deno.test("LiveRoutes remembers the latest news of 1,000 people and no more", async () => {
  const answers = { z: holding([]), a: holding([]), d: holding([]) };
  const strangers = Array.from(
    { length: 1_000 },
    (_, i) => `${i}`.padStart(4, "0").padEnd(64, "f"),
  );
  for (const again of [false, true]) {
    const test = new LiveTest({ scripts: answers });
    await test.plan(posts(2), { kinds: [1059], "#p": [AUTHORS[0]] });
    test.news.tell(AUTHORS[0], [url("d")], 10050);
    test.announce(0, "a");
    for (const pubkey of strangers.slice(0, 500)) test.news.tell(pubkey, [url("b")]);
    if (again) test.announce(0, "a");
    for (const pubkey of strangers.slice(500)) test.news.tell(pubkey, [url("b")]);
    test.join("z");
    await test.clock.advance(250);
    assert.equal([...test.asked].sort().join(""), again ? "adz" : "z");
  }
});

Deno.test("LiveRoutes follows people, not events or groups", async () => {
  const test = new LiveTest({ scripts: { z: holding([]) } });
  await test.begin({ ids: ["ee".repeat(32)] }, { "#h": ["group"] }, { "#t": ["x"] });
  assert.equal(test.routes.size, 0);
  assert.equal(test.asking("z").length > 0, true);
});

Deno.test("LiveRoutes forgets requests that are over, and lets go of all at any stage", async () => {
  for (const ms of [0, 100, 250, 251, 600, 3_000, 40_000]) {
    const test = await openFeed(20, { a: holding(notes(3)), b: {}, c: { connect: "refuse" } });
    assert.equal(test.routes.size, 20);
    for (let author = 0; author < 18; author++) {
      test.announce(author, "abcd"[author % 4]);
      await test.clock.advance(ms / 18);
    }
    test.controller.abort();
    await settled();
    assert.ok(test.isOver, `${ms}`);
    assert.equal(test.routes.size, 0);
    assert.equal(test.live.length, 0);
    assert.equal(test.controller.listeners, 0);
    test.announce(19, "a");
    for (const letter of "abcdefghz") test.link(url(letter)).close();
    await test.clock.advance(1_000_000);
    assert.equal(test.clock.pending, 0, `${ms}`);
  }
});

Deno.test("LiveRoutes waits for nothing for the sake of a request that is over", async () => {
  const test = await openFeed(2, { z: holding([]) });
  test.controller.abort();
  await settled();
  const idle = test.clock.pending;
  const other = await openFeed(2, { z: holding([]) });
  other.announce(0, "a");
  other.controller.abort();
  await settled();
  assert.equal(other.clock.pending, idle);
});

Deno.test("LiveRoutes close() stops listening", async () => {
  const test = await openFeed(2);
  assert.equal(test.news.listeners, 1);
  test.routes.close();
  assert.equal(test.news.listeners, 0);
  assert.equal(test.routes.size, 0);
});

Deno.test("LiveRoutes ignores lists that name no relay to ask", async () => {
  const test = await openFeed(2);
  test.news.tell(AUTHORS[0], [url("a")], 10006);
  test.news.tell(AUTHORS[5], [url("a")]);
  test.news.tell(AUTHORS[0], ["wss://127.0.0.1/"]);
  await test.clock.advance(60_000);
  assert.equal(test.asked, "z");
  assert.deepEqual(test.asking("z"), ["AB"]);
});

/** An open request whose lists are found at once, and what changes it, once the test loads that. */
async function openWithoutPart() {
  const loading = Promise.withResolvers<{ LiveRequest: typeof LiveRequest }>();
  const errors: string[] = [];
  const report = ({ message }: Error) => void errors.push(message);
  const part = new OnDemand(() => loading.promise, undefined, report);
  const test = new RequestTest({
    scripts: { z: holding([]), a: holding([post(0)]) },
    routing: { indexerRelays: [], fallbackRelays: [url("z")], popularRelays: 0 },
  });
  const news = new News();
  const routes = new LiveRoutes({ clock: test.clock, source: news, part });
  const planned = await test.plan(posts(1));
  const found = Promise.resolve(
    new Map([[AUTHORS[0], { write: [url("a")], read: [url("a")] }]]),
  );
  routes.follow(test.request!, planned, undefined, found);
  test.join("z");
  await test.clock.advance(1_000);
  return { test, news, loading, errors };
}

Deno.test("LiveRoutes has a request wait until what changes it is loaded, and then changed", async () => {
  const { test, loading } = await openWithoutPart();
  assert.deepEqual([test.doneAt, test.asked], [undefined, "z"]);
  loading.resolve({ LiveRequest });
  await test.clock.advance(1_000);
  assert.deepEqual([test.events.length, test.asked], [1, "za"]);
  assert.ok(test.doneAt! >= 1_000);
});

Deno.test("LiveRoutes lets a request end as it was planned where what changes it cannot be loaded", async () => {
  const { test, loading, errors } = await openWithoutPart();
  loading.reject(new Error("offline"));
  await test.clock.advance(1_000);
  assert.deepEqual([test.events.length, test.asked, errors], [0, "z", ["offline"]]);
  assert.ok(test.doneAt! >= 1_000);
});

Deno.test("LiveRoutes changes no request that ends before what changes it is loaded", async () => {
  const { test, news, loading } = await openWithoutPart();
  news.tell(AUTHORS[0], [url("a")]);
  test.controller.abort();
  await settled();
  const { pending } = test.clock;
  loading.resolve({ LiveRequest });
  await test.clock.advance(1_000);
  assert.deepEqual([test.asked, test.clock.pending <= pending], ["z", true]);
});
