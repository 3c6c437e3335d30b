import assert from "node:assert/strict";
import { reqSize } from "../../src/connections/req_size.ts";
import { settled } from "../../testing/test_clock.ts";
import { QueryTest } from "../support/scripted_query.ts";

/** 20 letters of three bytes each. */
const TAG = "あ".repeat(20);

Deno.test("reqSize() counts bytes as they are sent, not characters", () => {
  const filters = [{ kinds: [1], "#t": [TAG] }];
  const ascii = reqSize([{ kinds: [1], "#t": ["a".repeat(20)] }]);
  assert.deepEqual(reqSize(filters), { filters: 1, bytes: ascii.bytes + 40 });
  const sent = new TextEncoder().encode(JSON.stringify(["REQ", "", ...filters])).length;
  assert.ok(ascii.bytes + 40 >= sent);
});

Deno.test("RelayQuery learns from a REQ that is too long by its bytes, not by its characters", async () => {
  const test = new QueryTest({
    onReq: (req) => {
      const { bytes } = reqSize(req.filters);
      if (bytes > 2_000) req.closed("invalid: message too large");
      else req.eose();
    },
  });
  const { fake } = test.network;
  const tags = Array.from({ length: 40 }, (_, i) => `${i}${TAG}`);
  const { bytes } = reqSize([{ "#t": tags }]);
  test.request({ "#t": tags });
  await settled();
  const [[, lesson]] = fake.of("learnLimits");
  assert.deepEqual(lesson, { maxMessageLength: Math.floor(bytes / 2) });
  assert.equal(test.outcome, "fine");
});

Deno.test("RelayQuery unansweredBytes is in bytes, and 0 if every REQ came to its EOSE", async () => {
  const filters = [{ "#t": [TAG] }];
  const cut = new QueryTest({ onReq: (_, relay) => relay.cut() });
  cut.request(...filters);
  await settled();
  assert.equal(cut.query.unansweredBytes, reqSize(filters).bytes);
  const answered = new QueryTest({ onReq: (req) => req.eose() });
  answered.request(...filters);
  await settled();
  assert.equal(answered.query.unansweredBytes, 0);
});
