import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

Deno.test("RelayRequest reports that the relay has answered, and new events after that", async () => {
  const posts = notes(3);
  const test = new RelayRequestTest(holding(posts));
  await settled();
  assert.deepEqual(test.reports, ["0 settled complete"]);
  const live = note();
  test.last.last.send(live);
  await settled();
  assert.deepEqual(test.events, [...posts, live]);
  assert.deepEqual(test.fake.of("answered"), [[RELAY, 0]]);
  assert.ok(!test.isOver);
});

Deno.test("RelayRequest reports what its answer proves, to its listener and to the memory", async () => {
  const filters = [{ authors: ["a"] }, { authors: ["b"] }];
  const test = new RelayRequestTest({ onReq: (req) => req.eose("finish") }, filters);
  await settled();
  const [{ proof, proofs }] = test.outcomes;
  assert.equal(proof, "finish");
  assert.deepEqual([...proofs!], filters.map((filter) => [filter, "finish"]));
  assert.equal(test.fake.proofs.get(RELAY), "finish");
});

Deno.test("RelayRequest reports to the memory how long the answer took, and how many events came", async () => {
  const test = new RelayRequestTest({ connect: "wait" });
  await test.clock.advance(400);
  test.last.accept();
  await test.clock.advance(700);
  test.last.last.send(...notes(5));
  await test.clock.advance(100);
  test.last.last.eose();
  await settled();
  assert.deepEqual(test.fake.of("connected"), [[RELAY, 400]]);
  assert.deepEqual(test.fake.of("answered"), [[RELAY, 800]]);
  assert.deepEqual(test.fake.of("delivered"), [[RELAY, 5]]);
  test.last.last.send(note(), note());
  await settled();
  test.controller.abort();
  await settled();
  assert.deepEqual(test.fake.of("delivered"), [[RELAY, 5], [RELAY, 2]]);
});

Deno.test("RelayRequest replaces many REQs by few after the answer, if it goes on", async () => {
  const filters = Array.from({ length: 30 }, (_, i) => ({ authors: [`${i}`], kinds: [1] }));
  const test = new RelayRequestTest(holding([]), filters);
  test.fake.learnLimits(RELAY, { maxFilters: 10 });
  await test.clock.advance(0);
  assert.deepEqual(test.reports, ["0 settled complete"]);
  assert.equal(test.last.reqs.length, 3);
  assert.equal(test.live.length, 0);
  await test.clock.advance(199);
  assert.equal(test.live.length, 0);
  await test.clock.advance(1);
  assert.equal(test.live.length, 1);
  const [{ filters: [live] }] = test.live;
  assert.deepEqual(live, {
    authors: filters.flatMap(({ authors }) => authors),
    kinds: [1],
    limit: 0,
  });
  await settled();
  assert.equal(test.last.reqs.length, 5);
  const { limit: _, ...all } = live;
  assert.deepEqual(test.last.last.filters, [{ ...all, since: START - 3 * 3_600 }]);
  await test.clock.advance(60_000);
  assert.deepEqual(test.reports, ["0 settled complete"]);
});

Deno.test("RelayRequest leaves nothing behind at whatever stage it is aborted", async () => {
  const answered = holding(notes(3));
  const many = Array.from({ length: 30 }, (_, i) => ({ authors: [`${i}`] }));
  const stages: [
    script: ConstructorParameters<typeof RelayRequestTest>[0],
    ms: number,
    many?: boolean,
  ][] = [
    [{ connect: "wait" }, 0],
    [{ connect: "wait" }, 4_000],
    [{ connect: "wait" }, 5_100],
    [{ connect: "refuse" }, 100],
    [{ connect: "throw" }, 100],
    [{}, 0],
    [{}, 3_500],
    [{}, 9_000],
    [{ onReq: (req) => req.closed("rate-limited: slow down") }, 500],
    [{ onReq: (req) => req.closed("blocked: no") }, 500],
    [{ onReq: (_, relay) => relay.cut() }, 100],
    [answered, 0],
    [answered, 60_000],
    [answered, 100, true],
    [answered, 300, true],
  ];
  for (const [script, ms, isMany] of stages) {
    const test = new RelayRequestTest(script, isMany ? many : undefined);
    test.fake.learnLimits(RELAY, { maxFilters: 10 });
    await test.clock.advance(ms);
    test.controller.abort();
    await settled();
    assert.ok(test.isOver);
    assert.equal(test.live.length, 0);
    assert.equal(test.controller.listeners, 0);
    const reports = test.reports.length;
    test.link().close();
    assert.equal(test.clock.pending, 0, `${JSON.stringify(script)} ${ms}`);
    assert.equal(test.reports.length, reports);
  }
});

Deno.test("RelayRequest that is over uses neither the connector nor a connection", async () => {
  const test = new RelayRequestTest(holding([]));
  const connector = test.link();
  const other = test.another();
  await settled();
  for (const { controller } of [test.request, other]) controller.abort();
  await settled();
  const connection = await connector.connection(0, new AbortController().signal);
  assert.equal(connection.users, 1, "the one just now");
  assert.equal(test.clock.pending, 1, "until the connection is closed that nobody uses");
  await test.clock.advance(1_000_000);
  assert.ok(test.last.isClosed);
});

Deno.test("RelayRequest that is aborted before it begins does not even connect", async () => {
  const test = new RelayRequestTest();
  test.controller.abort();
  await settled();
  assert.ok(test.isOver);
  assert.equal(test.live.length, 0);
  assert.deepEqual(test.reports, []);
});
