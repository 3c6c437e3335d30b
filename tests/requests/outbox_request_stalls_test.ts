import fc from "fast-check";
import assert from "node:assert/strict";
import { ConnectTimeout } from "../../src/connections/connect_timeout.ts";
import { holding } from "../../testing/scripted_network.ts";
import { AUTHORS, note } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";

/** The timeout of an unknown relay where others connect quickly. */
const TIMEOUT_MS = 2_500;
/** How much of the time in which the program ran may be lost with a stall. */
const LOST_MS = 250;
/** How long a living relay takes to connect at most, but for one in twenty. */
const USUAL_CONNECT_MS = 1_250;

/** A request whose relay `a` never connects; `b` would stand in for it. */
class BusyRequest extends RequestTest {
  readonly post = note({ pubkey: AUTHORS[0] });
  readonly #connectTimeout = new ConnectTimeout();

  constructor(letters: string) {
    const waits = { ...holding([]), connect: "wait" } as const;
    super({
      lists: ["ab", ...letters],
      scripts: Object.fromEntries([..."a", ...letters].map((letter) => [letter, waits])),
      routing: { relaysPerAuthor: 1 },
    });
    this.scripts.set(url("b"), holding([this.post]));
    for (const letter of ["a", "b", ...letters]) {
      this.link(url(letter), { connectTimeout: this.#connectTimeout });
    }
  }

  /** Requests everybody's posts; each relay opens so many milliseconds later. */
  async beginWith(connectMs: Readonly<Record<string, number>>): Promise<void> {
    await this.begin({ kinds: [1], authors: AUTHORS.slice(0, 1 + Object.keys(connectMs).length) });
    for (const [letter, ms] of Object.entries(connectMs)) {
      this.clock.after(ms, () => this.relay(letter).accept());
    }
  }
}

Deno.test("W2: OutboxRequest of a busy program waits for a dead relay no longer than its timeout and the time it was busy, and blames no other", async () => {
  const stall = fc.record({
    at: fc.integer({ min: 300, max: 2_000 }),
    ms: fc.integer({ min: 751, max: 8_000 }),
  });
  await fc.assert(fc.asyncProperty(stall, async ({ at, ms }) => {
    const test = new BusyRequest("cdefgh");
    // A slow relay, which makes no progress while the program does not run, connects just in time.
    const slow = TIMEOUT_MS - 1 + ms;
    await test.beginWith({ c: 280, d: 290, e: 299, f: 600, g: 900, h: slow });
    await test.clock.advance(at);
    await test.clock.stall(ms);
    await test.clock.advance(30_000);
    assert.ok(test.failures.length > 0 && test.failures.every(({ relay }) => relay === url("a")));
    const { doneAt = Infinity } = test;
    assert.ok(doneAt <= TIMEOUT_MS + ms + LOST_MS, `${doneAt}`);
  }));
});

Deno.test("W2: OutboxRequest of a busy program asks others in place of a relay that is not open in time, and still hears it", async () => {
  const test = new BusyRequest("cde");
  await test.beginWith({ c: 300, d: 300, e: 300 });
  await test.clock.advance(400);
  await test.clock.stall(4_000);
  await test.clock.advance(USUAL_CONNECT_MS - 1);
  assert.deepEqual([test.events, test.doneAt], [[], undefined]);
  await test.clock.advance(1);
  assert.deepEqual(test.events, [test.post]);
  assert.equal(test.doneAt, 4_400 + USUAL_CONNECT_MS);
  assert.deepEqual(test.failures, []);
  const late = note({ pubkey: AUTHORS[0] });
  test.relay("a").accept();
  await test.clock.advance(0);
  test.relay("a").last.send(late);
  await test.clock.advance(20_000);
  assert.deepEqual(test.events, [test.post, late]);
  assert.deepEqual(test.fake.of("failed"), []);
});

Deno.test("OutboxRequest gives up no answer that is on its way because the program is busy", async () => {
  // The time of a request that is held counts from its release.
  const cases = [[0, 0, 30_000], [0.75, 0, 120_000], [0, 2_000, 32_000], [0.75, 2_000, 122_000]];
  for (const [busy, heldMs, doneAt] of cases) {
    const test = new RequestTest({ lists: ["a"], routing: { relaysPerAuthor: 1 }, busy });
    await test.begin({ kinds: [1], authors: AUTHORS.slice(0, 1) });
    if (heldMs > 0) test.request!.hold();
    test.clock.after(heldMs, () => test.request!.release());
    while (test.doneAt === undefined && test.clock.now() < 1e15) {
      // Four events a second and more are no drip.
      await test.clock.advance(200);
      test.relay("a").last.send(note({ pubkey: AUTHORS[0] }));
    }
    assert.ok(Math.abs(test.doneAt! - doneAt) <= 1_000, `${test.doneAt}`);
    assert.deepEqual(test.failures, []);
  }
});
