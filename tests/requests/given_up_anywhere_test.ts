import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled } from "../../testing/test_clock.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

/**
 * A signal may be aborted between any two steps of the program, and each step may be where
 * waiting begins: each of them is tried here.
 */

const STEPS = 90;
const FILTER = { kinds: [1], authors: [AUTHORS[0]], since: 0 };
const SCRIPTS: Readonly<Record<string, () => Script>> = {
  answers: () => holding(notes(3)),
  "answers page by page": () => holding(notes(120), 60),
  refuses: () => ({ onReq: (req) => req.closed("blocked: no") }),
  "refuses for a while": () => ({ onReq: (req) => req.closed("rate-limited: slow down") }),
  "hangs up": () => ({ onReq: (_, relay) => relay.cut() }),
  "cannot be reached": () => ({ connect: "refuse" }),
  "cannot be opened": () => ({ connect: "throw" }),
  "is no NRelay1": () => ({ ...holding(notes(3)), isDeaf: true }),
};

/** Lets whatever is under way take so many steps. */
async function steps(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await null;
}

for (const [what, script] of Object.entries(SCRIPTS)) {
  Deno.test(`SupervisedRelay req() to a relay that ${what} ends wherever it is aborted`, async () => {
    for (let count = 0; count < STEPS; count++) {
      const test = new SupervisorTest(script());
      test.fake.learnLimits(RELAY, { cutAt: 60, maxFilters: 1 });
      const controller = new AbortController();
      let isOver = false;
      const read = async (filters: typeof FILTER[]) => {
        for await (const _ of test.relay(RELAY).req(filters, { signal: controller.signal }));
      };
      Promise.all([read([FILTER]), read([FILTER, { ...FILTER, kinds: [2] }])])
        .then(() => isOver = true);
      await steps(count);
      controller.abort();
      await settled();
      assert.ok(isOver, `after ${count} steps`);
      assert.equal(test.live.length, 0, `after ${count} steps`);
      test.supervisor.close();
      await settled();
      assert.equal(test.clock.pending, 0, `after ${count} steps`);
    }
  });

  Deno.test(`NPool query() to a relay that ${what} ends wherever it is aborted`, async () => {
    for (let count = 0; count < STEPS; count += 2) {
      const test = new SupervisorTest(script());
      const pool = test.pool(RELAY, "wss://other.example/");
      const controller = new AbortController();
      let isOver = false;
      pool.query([FILTER], { signal: controller.signal }).then(() => isOver = true);
      await steps(count);
      controller.abort();
      await settled();
      assert.ok(isOver, `after ${count} steps`);
      assert.equal(test.live.length, 0, `after ${count} steps`);
    }
  });
}

Deno.test("SupervisedRelay event() ends wherever it is aborted", async () => {
  const scripts: Script[] = [
    {},
    { connect: "refuse" },
    { connect: "throw" },
    { onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]) },
    { onEvent: ({ id }, relay) => relay.say(["OK", id, false, "rate-limited: slow down"]) },
    { onEvent: (_, relay) => relay.cut() },
  ];
  for (const script of scripts) {
    for (let count = 0; count < 40; count++) {
      const test = new SupervisorTest(script);
      const controller = new AbortController();
      let isOver = false;
      const over = () => isOver = true;
      test.relay(RELAY).event(note(), { signal: controller.signal }).then(over, over);
      await steps(count);
      controller.abort();
      await settled();
      assert.ok(isOver, `after ${count} steps`);
      test.supervisor.close();
      await settled();
      assert.equal(test.clock.pending, 0, `after ${count} steps`);
    }
  }
});

Deno.test("OutboxRequest with replacements ends wherever it is aborted", async () => {
  for (let count = 0; count < 2 * STEPS; count++) {
    const test = new RequestTest({
      lists: ["abc", "de"],
      scripts: { a: { connect: "refuse" }, b: SCRIPTS["hangs up"](), e: holding([note()]) },
      routing: { relaysPerAuthor: 1 },
    });
    test.begin({ kinds: [1], authors: AUTHORS.slice(0, 2) });
    await steps(count);
    test.controller.abort();
    await settled();
    assert.ok(test.isOver, `after ${count} steps`);
    assert.equal(test.live.length, 0, `after ${count} steps`);
    for (const letter of "abcde") test.link(url(letter)).close();
    await settled();
    assert.equal(test.clock.pending, 0, `after ${count} steps`);
  }
});
