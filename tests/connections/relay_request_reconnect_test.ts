import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

const NOW = START * 1000;

/** A relay that does one thing after the other, a connection each; then the last again. */
function turns(...scripts: Script[]): Script {
  const next = () => scripts.length > 1 ? scripts.shift()! : scripts[0];
  let script = scripts[0];
  return {
    get connect() {
      script = next();
      return script.connect;
    },
    onReq: (req, relay) => script.onReq?.(req, relay),
  };
}

const cuts: Script = { onReq: (_, relay) => relay.cut() };

Deno.test("RelayRequest listens for new events, then requests what came since the newest, when a relay hangs up", async () => {
  const posts = notes(3);
  const test = new RelayRequestTest(holding(posts), [{
    kinds: [1],
    authors: [AUTHORS[0]],
    limit: 100,
  }]);
  await test.clock.advance(30_000);
  const live = note({ created_at: START + 10 });
  test.last.last.send(live);
  await test.clock.advance(30_000);
  const from = START + 10 - 3 * 3_600;
  const missed = [note({ created_at: START + 121 }), note({ created_at: from })];
  posts.push(live, ...missed, note({ created_at: from - 1 }));
  test.last.cut();
  await test.clock.advance(200);
  assert.deepEqual(test.last.reqs.map(({ filters }) => filters), [
    [{ kinds: [1], authors: [AUTHORS[0]], limit: 0 }],
    [{ kinds: [1], authors: [AUTHORS[0]], since: from }],
  ]);
  assert.deepEqual(new Set(test.events), new Set([...posts.slice(0, 3), live, ...missed]));
  assert.deepEqual(test.reports, ["0 settled complete", "60200 settled complete"]);
  // It is new when it arrives, whatever date it claims.
  const next = note({ created_at: START - 31_536_000 });
  test.live[0].send(next);
  await settled();
  assert.equal(test.events.at(-1), next);
  assert.equal(test.live.length, 1);
});

Deno.test("RelayRequest resumes when the relay was last heard if events claim to be from the future", async () => {
  const posts = [note({ created_at: START + 86_400 })];
  const test = new RelayRequestTest(holding(posts));
  await test.clock.advance(30_000);
  test.last.cut();
  await test.clock.advance(200);
  assert.equal(test.last.last.filters[0].since, START - 3 * 3_600);
});

Deno.test("RelayRequest resumes before its first query if that found no event", async () => {
  const test = new RelayRequestTest(holding([]), [{ kinds: [1], limit: 0 }]);
  await test.clock.advance(600_000);
  test.last.cut();
  await test.clock.advance(200);
  assert.deepEqual(test.last.last.filters, [{ kinds: [1], since: START - 3 * 3_600 }]);
});

Deno.test("NIP-59: RelayRequest requests gift wraps from two days before, and a margin", async () => {
  const posts = [note({ kind: 1059, tags: [["p", AUTHORS[1]]] })];
  const filters = [{ kinds: [1, 1059, 21_059], "#p": [AUTHORS[1]] }];
  const test = new RelayRequestTest(holding(posts), filters);
  await test.clock.advance(30_000);
  test.last.cut();
  posts.push(note({ kind: 1059, tags: [["p", AUTHORS[1]]], created_at: START - 172_000 }));
  await test.clock.advance(200);
  assert.deepEqual(test.last.reqs.slice(-3).map(({ filters }) => filters), [
    [{ kinds: [1], "#p": [AUTHORS[1]], since: START - 3 * 3_600 }],
    [{ kinds: [1059], "#p": [AUTHORS[1]], since: START - 50 * 3_600 }],
    [{ kinds: [21_059], "#p": [AUTHORS[1]], since: START - 50 * 3_600 }],
  ]);
  assert.deepEqual(new Set(test.events), new Set(posts));
});

Deno.test("RelayRequest requests what it missed only once the relay sends new events, or says nothing to that", async () => {
  for (const [ms, missedAt] of [[1_000, 1_000], [60_000, 3_000]]) {
    const test = new RelayRequestTest({
      onReq(req) {
        const isLive = req.filters[0].limit === 0;
        test.clock.after(isLive ? ms : 0, () => req.eose());
      },
    });
    await test.clock.advance(30_000);
    test.last.cut();
    await test.clock.advance(200 + missedAt - 1);
    assert.equal(test.last.reqs.length, 1);
    await test.clock.advance(1);
    assert.equal(test.last.reqs.length, 2);
    await test.clock.advance(1);
    assert.equal(test.outcomes.length, 2);
  }
});

Deno.test("RelayRequest with resumeFrom requests only what is new from the start", async () => {
  const filters = [{ kinds: [1], since: START - 100_000 }];
  const test = new RelayRequestTest(holding([]), filters, { resumeFrom: START - 500 });
  await settled();
  assert.deepEqual(test.last.reqs.map(({ filters }) => filters), [
    [{ kinds: [1], since: START - 100_000, limit: 0 }],
    [{ kinds: [1], since: START - 500 - 3 * 3_600 }],
  ]);
  assert.deepEqual(test.reports, ["0 settled complete"]);
});

Deno.test("RelayRequest asks a relay that does not heed `limit: 0` with `limit: 1`", async () => {
  const test = new RelayRequestTest(holding([]), undefined, { resumeFrom: START });
  test.fake.learnLimits(RELAY, { minLimit: 1 });
  await settled();
  assert.deepEqual(test.last.reqs[0].filters, [{ kinds: [1], limit: 1 }]);
});

Deno.test("RelayRequest keeps a single REQ open, with an overlap, at a relay that takes no second one", async () => {
  const test = new RelayRequestTest(holding([]));
  test.fake.learnLimits(RELAY, { maxSubscriptions: 1 });
  await test.clock.advance(30_000);
  test.last.cut();
  await test.clock.advance(200);
  const filters = [{ kinds: [1], since: START - 3 * 3_600 }];
  assert.deepEqual(test.last.reqs.map((req) => req.filters), [filters, filters]);
  assert.equal(test.live.length, 1);
});

Deno.test("RelayRequest asks for everything again if the answer was interrupted", async () => {
  const posts = notes(5);
  const filters = [{ kinds: [1], since: START - 1000 }];
  const test = new RelayRequestTest(
    turns({
      onReq(req, relay) {
        req.send(...posts.slice(0, 2));
        relay.cut();
      },
    }, holding(posts)),
    filters,
  );
  await test.clock.advance(200);
  assert.deepEqual(test.relays.map(({ last }) => last.filters), [filters, filters]);
  assert.equal(test.last.last.filters[0], filters[0]);
  assert.deepEqual(new Set(test.events), new Set(posts));
  assert.deepEqual(test.reports, ["200 settled complete"]);
});

Deno.test("RelayRequest retries a relay that hangs up once, quickly, and has failed after that", async () => {
  const test = new RelayRequestTest(cuts);
  await test.clock.advance(1_000);
  assert.deepEqual(test.openedAt, [0, 200]);
  assert.deepEqual(test.reports, ["200 lost", "200 settled disconnected"]);
});

Deno.test("RelayRequest tries a relay that stays away less and less often, and reports each failure", async () => {
  // The relay never worked.
  const shareOfOutage = (ms: number) => Math.min(180_000, Math.max(1_000, 0.6 * ms));
  const byRefusals = (_: number, count: number) => Math.min(900_000, 20_000 * 1.6 ** (count - 1));
  for (
    const [script, pauseAfter] of [
      [{ connect: "refuse" }, shareOfOutage],
      [{ onReq: (req) => req.closed("blocked: no") }, byRefusals],
    ] as [Script, (ms: number, count: number) => number][]
  ) {
    const test = new RelayRequestTest(script);
    const at = [0];
    while (at.length < 60) at.push(at.at(-1)! + pauseAfter(at.at(-1)!, at.length));
    const count = () => Math.max(test.openedAt.length, test.last.reqs.length);
    for (const [i, ms] of at.entries()) {
      await test.clock.advance(ms - (test.clock.now() - NOW) + 1);
      assert.equal(count(), i + 1, `${ms}`);
      assert.equal(test.reports.filter((what) => what.endsWith(" lost")).length, i + 1);
    }
  }
});

Deno.test("RelayRequest tries a relay again that shows nothing but its answers, and whose connection nobody sees", async () => {
  const times: number[] = [];
  const test = new RelayRequestTest({
    isDeaf: true,
    onReq: (req) => {
      times.push(test.clock.now() - NOW);
      req.abort();
    },
  });
  await test.clock.advance(60_000);
  assert.deepEqual(times.slice(0, 4), [0, 1_000, 2_000, 3_000]);
  assert.equal(test.openedAt.length, 1);
  assert.equal(test.reports[0], "1000 lost", "it gets one more try before it counts as failed");
  const late = times.filter((ms) => ms > 20_000);
  for (const [i, ms] of late.slice(1).entries()) {
    assert.ok(ms - late[i] <= 0.1 * ms && ms - late[i] >= 0.09 * late[i], `${ms - late[i]}`);
  }
});

Deno.test("RelayRequest waits with jitter, so that not all clients come back at once", async () => {
  const firstPause = async (dice: number) => {
    const options = { random: () => dice };
    const test = new RelayRequestTest({ connect: "refuse" }, undefined, options);
    await test.clock.advance(20_000);
    return test.openedAt[1];
  };
  const [least, middle] = [await firstPause(0), await firstPause(0.5)];
  assert.equal(2 * least, middle);
  assert.ok(await firstPause(0.999) > 1.4 * middle);
});

Deno.test("RelayRequest leaves a relay alone until its back-off ends", async () => {
  const test = new RelayRequestTest({ connect: "refuse" }, undefined, { retryAt: NOW + 50_000 });
  await test.clock.advance(49_999);
  assert.deepEqual(test.openedAt, []);
  assert.deepEqual(test.reports, ["0 lost", "0 settled unreachable"]);
  await test.clock.advance(1);
  assert.deepEqual(test.openedAt, [50_000]);
});

Deno.test("RelayRequest does not retry quickly if the relay was backing off before it hung up", async () => {
  const test = new RelayRequestTest(cuts);
  await test.clock.advance(201);
  assert.deepEqual(test.openedAt, [0, 200]);
  test.controller.abort();
  await settled();
  test.fake.backOff(RELAY, NOW + 60_000);
  const other = test.another();
  await test.clock.advance(40_000);
  assert.deepEqual(test.openedAt, [0, 200]);
  assert.deepEqual(other.reports, ["201 lost", "201 settled disconnected"]);
});

Deno.test("RelayRequest retries a relay quickly although its hanging up begins a back-off", async () => {
  const test = new RelayRequestTest(turns(cuts, holding([])));
  await test.clock.advance(0);
  test.fake.backOff(RELAY, NOW + 60_000);
  await test.clock.advance(200);
  assert.deepEqual(test.openedAt, [0, 200]);
  assert.deepEqual(test.reports, ["200 settled complete"]);
});

Deno.test("RelayRequest begins with the shortest wait again after a connection that was of use", async () => {
  const test = new RelayRequestTest(holding([]));
  for (let i = 0; i < 5; i++) {
    await test.clock.advance(11_000);
    test.last.cut();
    await test.clock.advance(200);
    assert.equal(test.openedAt.length, i + 2, "at once, however often");
    assert.equal(test.controller.listeners, 1, "as many as at first");
  }
  assert.ok(test.reports.every((what) => what.endsWith("complete")));
  // One that holds for seconds only is not of much use.
  test.last.cut();
  await test.clock.advance(200);
  assert.match(test.reports.at(-1)!, / lost$/);
  assert.equal(test.openedAt.length, 6);
});

Deno.test("RelayRequest that was answered reports later failures only as lost", async () => {
  const test = new RelayRequestTest(turns(holding([]), { connect: "refuse" }, holding([])));
  await test.clock.advance(11_000);
  test.last.cut();
  await test.clock.advance(60_000);
  assert.match(test.reports.join(), /^0 settled complete,\d+ lost,\d+ settled complete$/);
});

Deno.test("RelayRequest sends shorter REQs after a relay hung up, perhaps because of their length", async () => {
  for (const [size, most] of [[100, 1_000], [8, 512]]) {
    const tags = Array.from({ length: size }, (_, i) => `${"x".repeat(72)}${i}`);
    const posts = tags.map((tag) => note({ tags: [["t", tag]] }));
    const lengths: number[] = [];
    const test = new RelayRequestTest({
      onReq(req, relay) {
        lengths.push(JSON.stringify(req.filters).length);
        if (relay === test.relays[0]) relay.cut();
        else req.send(...found(posts, req.filters)).eose();
      },
    }, tags.map((tag) => ({ "#t": [tag] })));
    await test.clock.advance(200);
    assert.deepEqual(test.reports, ["200 settled complete"]);
    assert.deepEqual(new Set(test.events), new Set(posts));
    const [whole, ...parts] = lengths;
    const bound = Math.max(512, whole / 8 + 10);
    assert.ok(bound >= most, `${bound}`);
    assert.ok(parts.every((length) => length <= bound), `${parts} of ${whole}`);
    assert.ok(parts.some((length) => length > bound / 2), `${parts} of ${whole}`);
  }
});

Deno.test("RelayRequest asks for everybody again after a relay that had answered hangs up", async () => {
  const authors = Array.from({ length: 900 }, (_, i) => i.toString(16).padStart(64, "0"));
  const test = new RelayRequestTest(holding([]), [{ kinds: [1], authors, since: 1 }]);
  await test.clock.advance(60_000);
  test.last.cut();
  await test.clock.advance(60_000);
  assert.equal(test.relays.length, 2);
  const open = test.last.live.flatMap(({ filters }) =>
    filters.flatMap((filter) => filter.authors ?? [])
  );
  assert.deepEqual(new Set(open), new Set(authors));
  assert.equal(test.reports.filter((report) => report.endsWith("settled complete")).length, 2);
});

Deno.test("RelayRequest counts its deadlines again on a new connection", async () => {
  const test = new RelayRequestTest({});
  await test.clock.advance(4_000);
  test.last.cut();
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, [
    "3000 late",
    "7200 late",
    "12200 lost",
    "12200 settled no-answer",
  ]);
});

Deno.test("RelayRequest fails with what `open` throws, and tries again", async () => {
  const test = new RelayRequestTest(turns({ connect: "throw" }, holding([])));
  await test.clock.advance(10_000);
  assert.match(test.reports.join(), /^0 lost,0 settled unreachable,\d+ settled complete$/);
  assert.match(test.outcomes[0].error!.message, /The URL is invalid$/);
});

Deno.test("RelayRequest that has failed connects after those that have not been tried yet", async () => {
  const test = new RelayRequestTest({ connect: "refuse" }, undefined, { rank: 0 });
  await settled();
  test.semaphore.resize(1);
  test.scripts.set("", { connect: "wait" });
  for (const letter of "xyz") {
    const connector = test.link(`wss://${letter}.example/`);
    connector.use();
    connector.connection(5, new AbortController().signal);
    await test.clock.advance(500);
  }
  const opened = () => test.relays.map(({ url }) => url[6]).join("");
  assert.equal(opened(), "rx");
  for (const expected of ["rxy", "rxyz", "rxyzr"]) {
    test.last.accept();
    await settled();
    assert.equal(opened(), expected);
  }
});
