import assert from "node:assert/strict";
import { found } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RequestTest } from "../support/scripted_request.ts";

/** How long a request waits for the only relay of somebody, if that relay puts it off. */

const [ALICE, BOB] = AUTHORS;
const posts = (...authors: string[]) => ({ kinds: [1], authors });

/** A relay that sends an event every `ms` milliseconds and never comes to an end. */
function drip(test: () => RequestTest, ms: number): Script {
  return {
    onReq: (req) => {
      const next = () => {
        if (req.isOver) return;
        req.send(note());
        test().clock.after(ms, next);
      };
      test().clock.after(ms, next);
    },
  };
}

Deno.test("OutboxRequest is done within 5 s if somebody's only relay answers rate-limited, whatever it says", async () => {
  const times: number[] = [];
  for (const reply of ["slow down", "retry in 2 s", "retry in 8 s", "retry in 60 s"]) {
    for (const dice of [0, 0.25, 0.5, 0.75, 0.999]) {
      const test = new RequestTest({
        lists: ["a"],
        scripts: { a: { onReq: (req) => req.closed(`rate-limited: ${reply}`) } },
        request: { random: () => dice },
      });
      await test.begin(posts(ALICE));
      await test.clock.advance(40_000);
      times.push(test.doneAt!);
    }
  }
  assert.ok(Math.max(...times) <= 5_000, `${times}`);
});

Deno.test("OutboxRequest has the events of a relay that answers again after four seconds, or bit by bit", async () => {
  const all = [...notes(20), ...notes(20, { pubkey: BOB })];
  const refusals = [["retry in 4 s"], ["retry in 3 s", "", "retry in 3 s", "", "retry in 3 s"]];
  for (const replies of refusals) {
    const test = new RequestTest({
      lists: ["a", "a"],
      scripts: {
        a: {
          onReq: (req) => {
            const reply = replies.shift();
            if (reply) req.closed(`rate-limited: ${reply}`);
            else req.send(...found(all, req.filters)).eose();
          },
        },
      },
      routing: { authorsPerFilter: 1 },
      request: { maxPages: 20 },
    });
    test.fake.learnLimits("wss://a.example/", { maxFilters: 1, maxSubscriptions: 1 });
    await test.begin({ ...posts(ALICE), since: 0 }, { ...posts(BOB), since: 0 });
    await test.clock.advance(20_000);
    assert.equal(test.events.length, 40);
    assert.ok(test.doneAt! >= 3_000 && test.doneAt! <= 9_500, `${test.doneAt}`);
  }
});

Deno.test("OutboxRequest is done within 12 s if somebody's only relay sends less than two events a second", async () => {
  const times: number[] = [];
  for (const ms of [500, 1_000, 2_000, 2_900]) {
    const test: RequestTest = new RequestTest({
      lists: ["a"],
      scripts: { a: drip(() => test, ms) },
    });
    await test.begin(posts(ALICE));
    await test.clock.advance(40_000);
    times.push(test.doneAt!);
    assert.ok(test.events.length >= 40_000 / ms - 1, "what comes later is passed on");
  }
  assert.ok(Math.max(...times) <= 12_000, `${times}`);
});

Deno.test("OutboxRequest does not cut off a relay that sends four events a second, however many", async () => {
  const test: RequestTest = new RequestTest({
    lists: ["a"],
    scripts: { a: drip(() => test, 250) },
  });
  await test.begin(posts(ALICE));
  await test.clock.advance(29_999);
  assert.equal(test.doneAt, undefined);
});
