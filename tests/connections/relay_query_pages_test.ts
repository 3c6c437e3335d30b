import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, notes } from "../support/notes.ts";
import { AnswerTest } from "../support/scripted_query.ts";

const WINDOW = { kinds: [1], since: START - 5_000 };
const byAuthor = AUTHORS.slice(0, 3).map((pubkey, i) => notes([700, 30, 420][i], { pubkey }));
const posts = byAuthor.flat();
const filters = AUTHORS.slice(0, 3).map((author) => ({ ...WINDOW, authors: [author] }));
const count = (test: AnswerTest) => new Set(test.events).size;

Deno.test("RelayQuery asks page by page where a relay cuts its answers, for those filters alone", async () => {
  const test = new AnswerTest(holding(posts, 200));
  test.ask(...filters);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.ok(test.answer.isComplete);
  assert.equal(test.network.fake.limits(RELAY).cutAt, 200);
  const authors = test.relay.reqs.map((req) => req.filters.map(({ authors }) => authors![0]));
  assert.deepEqual(authors, [
    AUTHORS.slice(0, 3),
    [AUTHORS[0], AUTHORS[2]],
    [AUTHORS[0], AUTHORS[2]],
    [AUTHORS[0]],
  ]);
  assert.equal(test.relay.live.length, 1, "the first stays open for new events");
  assert.equal(test.relay.live[0], test.relay.reqs[0]);
});

Deno.test("RelayQuery asks for no more pages than it may, and is not complete then", async () => {
  for (const [maxPages, reqs, events] of [[0, 1, 200], [1, 2, 399], [2, 3, 598], [3, 4, 700]]) {
    const test = new AnswerTest(holding(byAuthor[0], 200), { maxPages });
    test.ask(filters[0]);
    await settled();
    assert.equal(test.outcome, "fine");
    assert.equal(test.relay.reqs.length, reqs);
    assert.equal(count(test), events);
    assert.equal(test.answer.isComplete, maxPages === 3);
  }
});

Deno.test("RelayQuery is complete without a second page where the relay is known to send more", async () => {
  const test = new AnswerTest(holding(byAuthor[2]));
  test.network.fake.learnLimits(RELAY, { fullAt: 420 });
  test.ask(filters[2]);
  await settled();
  assert.equal(test.network.fake.of("learnLimits").length, 1, "nothing new");
  assert.equal(test.relay.reqs.length, 1);
  assert.ok(test.answer.isComplete);
});

Deno.test("RelayQuery goes through no pages for what has no window, and is not complete where it is cut", async () => {
  for (const filter of [{ kinds: [1] }, { ...WINDOW, limit: 50 }, { ...WINDOW, limit: 900 }]) {
    const test = new AnswerTest(holding(byAuthor[0], 200));
    test.ask(filter);
    await settled();
    assert.equal(test.relay.reqs.length, 1);
    assert.ok(!test.answer.isComplete);
  }
  const test = new AnswerTest(holding(byAuthor[1], 200));
  test.ask({ kinds: [1], limit: 50 });
  await settled();
  assert.ok(test.answer.isComplete);
});

Deno.test("RelayQuery does not count new events as part of an answer", async () => {
  const test = new AnswerTest();
  test.ask(filters[0]);
  await settled();
  test.relay.last.eose();
  test.relay.last.send(...notes(150));
  await settled();
  assert.equal(test.relay.reqs.length, 1);
  assert.ok(test.answer.isComplete);
  assert.equal(test.events.length, 150);
});

Deno.test("RelayQuery asks for a page again that was refused for a while, and loses nothing", async () => {
  let reqs = 0;
  const test = new AnswerTest({
    onReq(req) {
      if (++reqs === 2) req.send(...found(posts, req.filters, 50)).closed("rate-limited: slow");
      else req.send(...found(posts, req.filters, 200)).eose();
    },
  });
  test.ask(...filters);
  await test.network.clock.advance(1_000);
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.ok(test.answer.isComplete);
});

Deno.test("RelayQuery keeps what came before a page that the relay refuses, and is not complete", async () => {
  let reqs = 0;
  const test = new AnswerTest({
    onReq(req) {
      if (++reqs === 1) req.send(...found(posts, req.filters, 200)).eose();
      else req.closed("blocked: too curious");
    },
  });
  test.ask(...filters);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), 200 + 30 + 200);
  assert.ok(!test.answer.isComplete);
  assert.equal(test.over, undefined, "what stays open is another REQ");
});

Deno.test("RelayQuery cuts what is too long for the relay into parts, each with pages of its own", async () => {
  const test = new AnswerTest(holding(posts, 100));
  test.network.fake.learnLimits(RELAY, { maxMessageLength: 512 });
  test.ask({ ...WINDOW, authors: [...AUTHORS] });
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.ok(test.answer.isComplete);
});

Deno.test("RelayQuery lets one relay's REQ be as long as it is told, if that is less than the relay takes", async () => {
  for (const [maxReqBytes, maxMessageLength] of [[600, 5_000], [5_000, 600], [600, undefined]]) {
    const test = new AnswerTest(holding([]), { maxReqBytes });
    test.network.fake.learnLimits(RELAY, { maxMessageLength });
    test.ask({ authors: [...AUTHORS] });
    await settled();
    for (const { filters } of test.relay.reqs) assert.ok(JSON.stringify(filters).length <= 600);
    assert.deepEqual(
      test.relay.reqs.flatMap(({ filters }) => filters[0].authors!).sort(),
      [...AUTHORS].sort(),
    );
  }
});

Deno.test("RelayQuery to new events goes through pages, too, where many were missed", async () => {
  const test = new AnswerTest(holding(byAuthor[0], 200));
  test.ask({ kinds: [9] });
  await settled();
  await test.answer.requestLive([{ kinds: [1], since: START - 699 }]);
  assert.equal(count(test), 700);
  assert.equal(test.relay.live.length, 1);
  const [{ filters: [filter] }] = test.relay.live;
  assert.equal(filter.until, undefined);
});
