import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, notes } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const WINDOW = { kinds: [1], since: START - 5_000 };
const byAuthor = AUTHORS.slice(0, 3).map((pubkey, i) => notes([700, 30, 420][i], { pubkey }));
const posts = byAuthor.flat();
const filters = AUTHORS.slice(0, 3).map((author) => ({ ...WINDOW, authors: [author] }));
const count = (test: QueryTest) => new Set(test.events).size;

Deno.test("RelayQuery continues page by page if a relay cuts its answers, for the filters that were cut", async () => {
  const test = new QueryTest(holding(posts, 200));
  test.request(...filters);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.notEqual(test.proof, "unknown");
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

Deno.test("RelayQuery requests at most maxPages further pages, and is not complete then", async () => {
  for (const [maxPages, reqs, events] of [[0, 1, 200], [1, 2, 399], [2, 3, 598], [3, 4, 700]]) {
    const test = new QueryTest(holding(byAuthor[0], 200), { maxPages });
    test.request(filters[0]);
    await settled();
    assert.equal(test.outcome, "fine");
    assert.equal(test.relay.reqs.length, reqs);
    assert.equal(count(test), events);
    assert.equal(test.proof, maxPages === 3 ? "inferred" : "unknown");
  }
});

Deno.test("RelayQuery is complete without a second page if the relay is known to send more", async () => {
  const test = new QueryTest(holding(byAuthor[2]));
  test.network.fake.learnLimits(RELAY, { fullAt: 420 });
  test.request(filters[2]);
  await settled();
  assert.equal(test.network.fake.of("learnLimits").length, 1, "nothing new");
  assert.equal(test.relay.reqs.length, 1);
  assert.notEqual(test.proof, "unknown");
});

Deno.test("RelayQuery requests no further page of a filter without a time range, and is not complete if that is cut", async () => {
  for (const filter of [{ kinds: [1] }, { ...WINDOW, limit: 50 }, { ...WINDOW, limit: 900 }]) {
    const test = new QueryTest(holding(byAuthor[0], 200));
    test.request(filter);
    await settled();
    assert.equal(test.relay.reqs.length, 1);
    assert.equal(test.proof, "unknown");
  }
  const test = new QueryTest(holding(byAuthor[1], 200));
  test.request({ kinds: [1], limit: 50 });
  await settled();
  assert.notEqual(test.proof, "unknown");
});

Deno.test("RelayQuery does not count new events as part of an answer", async () => {
  const test = new QueryTest();
  test.request(filters[0]);
  await settled();
  test.relay.last.eose();
  test.relay.last.send(...notes(150));
  await settled();
  assert.equal(test.relay.reqs.length, 1);
  assert.notEqual(test.proof, "unknown");
  assert.equal(test.events.length, 150);
});

Deno.test("RelayQuery requests a page again that was refused for a while, and loses nothing", async () => {
  let reqs = 0;
  const test = new QueryTest({
    onReq(req) {
      if (++reqs === 2) req.send(...found(posts, req.filters, 50)).closed("rate-limited: slow");
      else req.send(...found(posts, req.filters, 200)).eose();
    },
  });
  test.request(...filters);
  await test.network.clock.advance(1_000);
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.notEqual(test.proof, "unknown");
});

Deno.test("RelayQuery keeps what came before a page that the relay refuses, and is not complete", async () => {
  let reqs = 0;
  const test = new QueryTest({
    onReq(req) {
      if (++reqs === 1) req.send(...found(posts, req.filters, 200)).eose();
      else req.closed("blocked: too curious");
    },
  });
  test.request(...filters);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), 200 + 30 + 200);
  assert.equal(test.proof, "unknown");
  assert.equal(test.endedBy, undefined, "what stays open is another REQ");
});

Deno.test("RelayQuery splits what is too long for the relay into parts, each with pages of its own", async () => {
  const test = new QueryTest(holding(posts, 100));
  test.network.fake.learnLimits(RELAY, { maxMessageLength: 512 });
  test.request({ ...WINDOW, authors: [...AUTHORS] });
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length);
  assert.notEqual(test.proof, "unknown");
});

Deno.test("RelayQuery sends REQs no longer than maxReqBytes, if that is less than the relay takes", async () => {
  for (const [maxReqBytes, maxMessageLength] of [[600, 5_000], [5_000, 600], [600, undefined]]) {
    const test = new QueryTest(holding([]), { maxReqBytes });
    test.network.fake.learnLimits(RELAY, { maxMessageLength });
    test.request({ authors: [...AUTHORS] });
    await settled();
    for (const { filters } of test.relay.reqs) assert.ok(JSON.stringify(filters).length <= 600);
    assert.deepEqual(
      test.relay.reqs.flatMap(({ filters }) => filters[0].authors!).sort(),
      [...AUTHORS].sort(),
    );
  }
});

Deno.test("RelayQuery catchUp() continues page by page beside the REQ for new events", async () => {
  const test = new QueryTest(holding(byAuthor[0], 200));
  await test.query.requestLive([{ kinds: [1], limit: 0 }], START);
  assert.equal(count(test), 0);
  await test.query.catchUp([{ kinds: [1], since: START - 699 }]);
  assert.equal(count(test), 700);
  assert.equal(test.relay.live.length, 1);
  assert.equal(test.relay.live[0], test.relay.reqs[0]);
  assert.equal(test.proof, "inferred", "the REQ for new events proves nothing, and need not");
});

Deno.test("RelayQuery keeps one listener on its signal, however many pages it has requested", async () => {
  const test = new QueryTest(holding(byAuthor[0], 100));
  test.request(filters[0]);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(test.relay.reqs.length > 5);
  assert.equal(test.controller.listeners, 1);
  test.controller.abort();
  assert.equal(test.controller.listeners, 0);
});

Deno.test("NIP-67: RelayQuery asks for no further page after finish, however many events came", async () => {
  const test = new QueryTest({
    onReq: (req) => req.send(...found(posts, req.filters, 200)).eose("finish"),
  });
  test.request(filters[0]);
  await settled();
  assert.equal(test.relay.reqs.length, 1);
  assert.notEqual(test.proof, "unknown");
  assert.deepEqual(test.network.fake.of("learnLimits"), []);
});

Deno.test("NIP-67: RelayQuery continues after more, also below the cap that is known", async () => {
  const cap = 40;
  const test = new QueryTest({
    onReq(req) {
      const all = found(posts, req.filters);
      req.send(...all.slice(0, cap)).eose(all.length > cap ? "more" : "finish");
    },
  });
  test.network.fake.learnLimits(RELAY, { cutAt: 500 });
  const before = test.network.fake.of("learnLimits").length;
  test.request(...filters);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(count(test), posts.length, "though one filter took all the room at first");
  assert.notEqual(test.proof, "unknown");
  assert.equal(test.network.fake.of("learnLimits").length, before, "hints teach no cap");
});

Deno.test("NIP-67: RelayQuery is not complete after more where no page can follow, and never asks for ever", async () => {
  const cases: [typeof filters[0] & { limit?: number }, number, number][] = [
    // A relay that sends nothing and says more, one that always says more, and no time range.
    [filters[0], 0, 1],
    [filters[0], 1, 21],
    [{ ...filters[0], limit: 10 }, 5, 1],
  ];
  for (const [filter, each, reqs] of cases) {
    const test = new QueryTest({
      onReq: (req) => req.send(...found(byAuthor[0], req.filters, each)).eose("more"),
    });
    test.request(filter);
    await settled();
    assert.equal(test.outcome, "fine");
    assert.equal(test.relay.reqs.length, reqs);
    assert.equal(test.proof, "unknown");
  }
});

Deno.test("NIP-67: RelayQuery is not complete if the relay withheld something until sign-in", async () => {
  for (const hints of [["auth"], ["finish", "auth"]]) {
    const test = new QueryTest({ onReq: (req) => req.eose(...hints) });
    test.request(filters[0]);
    await settled();
    assert.equal(test.relay.reqs.length, 1);
    assert.equal(test.proof, "unknown");
  }
});
