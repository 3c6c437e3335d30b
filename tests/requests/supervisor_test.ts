import assert from "node:assert/strict";
import { reqPlanner } from "../../src/create_req_router.ts";
import type { Planned } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { planSharer } from "../../src/requests/plan_share.ts";
import { SharedRequest } from "../../src/requests/shared_request.ts";
import { MemorySource, relayList } from "../../testing/memory_source.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS } from "../support/notes.ts";
import { url } from "../support/scripted_request.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

const filter = { kinds: [1], authors: [AUTHORS[0]] };

/** How many people a request is for, what it is, and when it is done if a relay is late. */
const CASES = [[99, "", 8_000], [100, "", 3_100], [100, "deep", 8_000], [
  100,
  "shared",
  8_000,
]] as const;

/** A plan for one author with these relays. */
function planned(letters: string, relaysPerAuthor = 2) {
  const urls = [...letters].map(url);
  const lists = new MemorySource(relayList(AUTHORS[0], { write: urls }));
  return reqPlanner(lists, { relaysPerAuthor, onError: () => {} }).plan([filter]);
}

Deno.test("Supervisor keeps one connector per relay, however its URL is spelled", () => {
  const { supervisor } = new SupervisorTest();
  const connector = supervisor.connector(RELAY);
  for (
    const spelled of ["wss://relay.example", "WSS://Relay.Example:443/", "wss://relay.example//"]
  ) {
    assert.equal(supervisor.connector(spelled), connector);
  }
  assert.equal(connector.url, RELAY);
  assert.notEqual(supervisor.connector("wss://relay.example/path"), connector);
  // An app may name what lists may not.
  for (
    const [named, normal] of [
      ["WSS://localhost:4848", "wss://localhost:4848/"],
      ["WS://Relay.example", "ws://relay.example/"],
      ["WSS://ABC.onion", "wss://abc.onion/"],
      ["not a url", "not a url"],
    ]
  ) assert.equal(supervisor.connector(named).url, normal);
});

Deno.test("Supervisor knows whether a connection stands, and makes no connector to find out", async () => {
  const { supervisor, relays } = new SupervisorTest();
  assert.ok(!supervisor.isOpen(RELAY));
  const connector = supervisor.connector(RELAY);
  assert.ok(!supervisor.isOpen(RELAY));
  connector.use();
  await connector.connection(0, new AbortController().signal);
  await settled();
  assert.ok(supervisor.isOpen(RELAY));
  supervisor.close();
  assert.ok(!supervisor.isOpen(RELAY));
  assert.ok(relays[0].isClosed);
});

Deno.test("Supervisor forgets idle connectors, and keeps those in use", async () => {
  const test = new SupervisorTest();
  const { supervisor } = test;
  const used = supervisor.connector(RELAY);
  const use = used.use();
  const relay = test.relay("wss://seldom.example/");
  for (let n = 0; n < 10_000; n++) supervisor.connector(`wss://r${n}.example/`);
  assert.ok(supervisor.size <= 2_000);
  assert.equal(supervisor.connector(RELAY), used);
  // Whoever holds a connector that was forgotten gets another.
  const query = relay.query([filter]);
  await settled();
  test.last.last.eose();
  assert.deepEqual(await query, []);
  use.release();
});

Deno.test("Supervisor that is closed opens nothing, not even at a relay that is new to it", async () => {
  const { supervisor, relays } = new SupervisorTest();
  const known = supervisor.connector(RELAY);
  await supervisor.close();
  for (const connector of [known, supervisor.connector("wss://new.example/")]) {
    connector.use();
    await assert.rejects(connector.connection(0, new AbortController().signal), {
      reason: "unreachable",
      message: /outbox is closed$/,
    });
  }
  assert.equal(relays.length, 0);
});

Deno.test("Supervisor recognizes a plan's filters as parts of one request, once", async () => {
  const { supervisor } = new SupervisorTest();
  const { plan, assignment, ...rest } = await planned("ab");
  supervisor.planned({ plan, assignment, ...rest });
  const parts = [...plan.routes].map(([url, filters]) => ({
    url,
    part: supervisor.take(filters, url),
  }));
  const [first, second] = parts;
  assert.equal(first.part.request, second.part.request);
  assert.deepEqual(
    parts.map(({ part }) => assignment.urls[part.relayIndex]),
    parts.map(({ url }) => url),
  );

  const again = supervisor.take(plan.routes.get(first.url)!, first.url);
  assert.notEqual(again.request, first.part.request);
  assert.equal(again.relayIndex, 0);
  const other = supervisor.take([filter], RELAY);
  assert.notEqual(other.request, supervisor.take([filter], RELAY).request);
});

Deno.test("Supervisor takes no relay that backs off as a replacement", async () => {
  // There are three rounds of replacements, too few to waste on relays that are known to fail.
  const cases = [["abc", "", "abc"], ["abc", "b", "ac"], ["abc", "bc", "a"]];
  for (const [own, down, asked] of [...cases, ["abcdef", "bcde", "af"], ["abcdef", "cde", "abf"]]) {
    const test = new SupervisorTest({ connect: "refuse" });
    for (const letter of down) test.fake.backOff(url(letter), START * 1000 + 60_000);
    const first = await planned(own, 1);
    test.supervisor.planned(first);
    const [[at, filters]] = first.plan.routes;
    const { request, relayIndex } = test.supervisor.take(filters, at);
    const controller = new AbortController();
    const reading = (async () => {
      const connector = test.supervisor.connector(at);
      await request.listen(relayIndex, connector, filters, controller.signal, () => {});
    })();
    await test.clock.advance(100);
    assert.equal([...new Set(test.relays.map(({ url }) => url[6]))].join(""), asked);
    controller.abort();
    await reading;
  }
});

Deno.test("Supervisor takes no relay that backs off as a replacement in a live request either", async () => {
  let replanned: Planned | undefined;
  const test = new SupervisorTest({}, {
    follow(_, { replan }, wrapReplan = (replan) => replan) {
      const excluding = new Set([url("a")]);
      replanned = wrapReplan(replan)({ excluding, isMeant: () => true, maxRelays: 1 });
    },
  });
  test.fake.backOff(url("b"), START * 1000 + 60_000);
  test.supervisor.planned(await planned("abc", 1));
  assert.deepEqual([...replanned!.plan.routes.keys()], [url("c")]);
});

Deno.test("Supervisor gives a deep request four times as long", async () => {
  for (const [isDeep, ms] of [[false, 30_000], [true, 120_000]] as const) {
    const test = new SupervisorTest();
    Object.assign(test.fake.times, { soft: 200_000, hard: 200_000 });
    const own = await planned("a");
    test.supervisor.planned({ ...own, isDeep });
    const [[at, filters]] = own.plan.routes;
    const { request, relayIndex } = test.supervisor.take(filters, at);
    const controller = new AbortController();
    const connector = test.supervisor.connector(at);
    let isDone = false;
    const listening = request.listen(relayIndex, connector, filters, controller.signal, () => {
      isDone = true;
    });
    await test.clock.advance(ms - 1);
    assert.ok(!isDone);
    await test.clock.advance(1);
    assert.ok(isDone);
    controller.abort();
    await listening;
  }
});

Deno.test("Supervisor lets one of a hundred people miss a request's end if their relay is late, and nobody a deep or a shared one's", async () => {
  const pubkeys = Array.from({ length: 200 }, (_, i) => i.toString(16).padStart(64, "0"));
  for (const [count, how, ms] of CASES) {
    const test = new SupervisorTest();
    Object.assign(test.fake.times, { soft: 3_000, hard: 8_000 });
    const filter = { kinds: [1], authors: pubkeys.slice(0, count) };
    const lists = filter.authors.map((pubkey, i) =>
      relayList(pubkey, { write: [url(i === 0 ? "z" : "a")] })
    );
    const planner = reqPlanner(new MemorySource(...lists), { onError: () => {} });
    const plan = { ...await planner.plan([filter]), isDeep: how === "deep" };
    const share = planSharer(plan);
    const members = [1, 2].map(() => ({ filters: [filter], share: share(plan.input.parts, [0]) }));
    const begin = test.supervisor.plannedTogether(
      SharedRequest,
      plan,
      how === "shared" ? members : [],
    );
    test.supervisor.planned(plan);
    const plans = how === "shared" ? members.map(({ share }) => share) : [plan];
    const routes = plans.flatMap(({ plan }) => [...plan.routes]);
    const controller = new AbortController();
    let left = routes.length;
    const listening = routes.map(([at, filters]) => {
      const { request, relayIndex } = test.supervisor.take(filters, at);
      const connector = test.supervisor.connector(at);
      return request.listen(relayIndex, connector, filters, controller.signal, () => left--);
    });
    begin();
    await settled();
    for (const relay of test.relays.filter((relay) => relay.url === url("a"))) {
      for (const req of relay.live) req.eose();
    }
    await test.clock.advance(ms - 1);
    assert.ok(left > 0, `${count}`);
    await test.clock.advance(1);
    assert.equal(left, 0, `${count}`);
    controller.abort();
    await Promise.all(listening);
  }
});

Deno.test("Supervisor asks for requests together once all of them are handed out, and never sooner", async () => {
  const test = new SupervisorTest();
  const own = await planned("a");
  const share = planSharer(own);
  const shares = [1, 2, 3].map(() => share(reqParts([filter]), [0]));
  const handedOut = test.supervisor.plannedTogether(
    SharedRequest,
    own,
    shares.map((share) => ({ filters: [filter], share })),
  );
  const controller = new AbortController();
  const listen = ({ plan }: Planned) => {
    const [[at, filters]] = plan.routes;
    const { request, relayIndex } = test.supervisor.take(filters, at);
    const connector = test.supervisor.connector(at);
    return request.listen(relayIndex, connector, filters, controller.signal, () => {});
  };
  const listening = [listen(shares[0])];
  await test.clock.advance(1_000);
  listening.push(listen(shares[1]));
  await test.clock.advance(1_000);
  assert.equal(test.relays.length, 0);
  handedOut();
  // The third is not listened to, which keeps nobody waiting for long.
  await test.clock.advance(5);
  assert.equal(test.relays.flatMap(({ reqs }) => reqs).length, 1);
  controller.abort();
  await Promise.all(listening);
});
