import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const LIVE = [{ kinds: [1], limit: 0 }];
const lessons = (test: QueryTest) => test.network.fake.of("learnLimits");

Deno.test("NIP-01: RelayQuery requestLive() gets no stored events, and every new one", async () => {
  const test = new QueryTest(holding(notes(5)));
  await test.query.requestLive(LIVE, START);
  assert.deepEqual(test.relay.last.filters, LIVE);
  const old = note({ created_at: 1 });
  test.relay.last.send(old);
  await settled();
  assert.deepEqual(test.events, [old]);
  assert.deepEqual(lessons(test), []);
});

Deno.test("RelayQuery requestLive() notices a relay that answers `limit: 0` with stored events, and drops the old ones", async () => {
  const stored = notes(5);
  const test = new QueryTest({ onReq: (req) => req.send(...found(stored, [{}])).eose() });
  await test.query.requestLive(LIVE, START - 1);
  assert.deepEqual(lessons(test), [[RELAY, { minLimit: 1 }]]);
  assert.deepEqual(test.events, stored.slice(0, 2));
  assert.equal(test.relay.reqs.length, 1, "new ones come all the same");
});

Deno.test("RelayQuery requestLive() takes one event before EOSE for one that has just come", async () => {
  const just = note();
  const test = new QueryTest({ onReq: (req) => req.send(just).eose() });
  await test.query.requestLive(LIVE, START);
  assert.deepEqual(test.events, [just]);
  assert.deepEqual(lessons(test), []);
});

Deno.test("RelayQuery requestLive() asks with `limit: 1` where `limit: 0` is refused, once", async () => {
  for (const reason of ["invalid: limit must be at least 1", "error: bad req", "no"]) {
    const test = new QueryTest({
      onReq: (req) => req.filters[0].limit === 0 ? req.closed(reason) : req.eose(),
    });
    await test.query.requestLive(LIVE, START);
    assert.deepEqual(test.relay.last.filters, [{ kinds: [1], limit: 1 }]);
    assert.equal(test.relay.live.length, 1);
    assert.equal(test.endedBy, undefined);
    assert.deepEqual(lessons(test), [[RELAY, { minLimit: 1 }]]);
  }
  for (const [reason, known] of [["error: no", 1], ["blocked: not you", undefined]] as const) {
    const test = new QueryTest({ onReq: (req) => req.closed(reason) });
    if (known) test.network.fake.learnLimits(RELAY, { minLimit: known });
    await test.query.requestLive(LIVE, START);
    assert.equal(test.relay.reqs.length, 1);
    await settled();
    assert.ok(test.endedBy);
  }
});
