import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilters } from "nostr-tools";
import { OutboxRequest } from "../../src/requests/outbox_request.ts";
import { messagesOf } from "../../src/requests/request_listeners.ts";
import { found, RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { ScriptedReq } from "../../testing/scripted_req.ts";
import { START } from "../../testing/test_clock.ts";
import { AUTHORS, note } from "../support/notes.ts";

/** Law W3: nothing that comes while a relay is away is missed or doubled, backdated wraps included. */

const [AUTHOR, ME, SENDER] = AUTHORS;
const HOUR_S = 3_600;
const FILTERS: NostrFilter[] = [
  { kinds: [1], authors: [AUTHOR], since: START - 240 * HOUR_S },
  { kinds: [1059], "#p": [ME], since: START - 240 * HOUR_S },
];

/** How a relay is. */
interface Nature {
  /** Most events in an answer to a filter. */
  readonly cap: number;
  readonly limitZero: "heeds" | "ignores" | "refuses";
  readonly maxFilters: number;
  readonly maxSubscriptions: number;
  /** How long an answer takes, in milliseconds. */
  readonly latency: number;
}

type Step =
  | { readonly does: "wait" | "stay away" | "fall silent" | "suspend"; readonly ms: number }
  | { readonly does: "restart" }
  | { readonly does: "send"; readonly isWrap: boolean; readonly age: number };

/** A relay that goes and comes back, and one request that stays open. */
class Restarts extends ScriptedNetwork {
  readonly events: NostrEvent[] = [];
  readonly stored: NostrEvent[] = [];
  readonly #nature: Nature;
  readonly #controller = new AbortController();
  restarts = 0;

  constructor(nature: Nature) {
    super();
    this.#nature = nature;
    this.scripts.set("", { onReq: (req) => this.#answer(req) });
    const { maxFilters, maxSubscriptions } = nature;
    this.fake.learnLimits(RELAY, { maxFilters, maxSubscriptions });
    const assignment = {
      urls: [RELAY],
      subjects: [AUTHOR, ME],
      roles: [
        { role: "write", first: 0, end: 1 } as const,
        {
          role: "dm",
          first: 1,
          end: 2,
        } as const,
      ],
      relayIndexes: Int32Array.from([0, 0]),
      relaysPerSubject: 1,
      unscoped: [],
    };
    const request = new OutboxRequest(assignment, {
      clock: this.clock,
      memory: this.fake.memory,
      random: () => 0.5,
      maxPages: 100,
      timeout: 30_000,
      stragglerTimeout: 100,
      connector: (url) => this.link(url),
    });
    (async () => {
      const messages = messagesOf(
        ({ signal }, push) => request.listen(0, this.link(RELAY), FILTERS, signal, push),
        this.#controller.signal,
      );
      for await (const message of messages) {
        if (message[0] === "EVENT") this.events.push(message[2]);
      }
    })();
  }

  async play(steps: readonly Step[]): Promise<void> {
    await this.clock.advance(5_000);
    for (const step of steps) {
      if (step.does === "send") this.#send(step);
      else if (step.does === "wait") await this.clock.advance(step.ms);
      else if (step.does === "restart") this.#cut();
      else if (step.does === "fall silent") {
        this.last.isMute = true;
        await this.clock.advance(step.ms);
        this.#cut();
      } else if (step.does === "suspend") {
        // The machine here is suspended, and its connections are gone when it wakes up.
        this.last.isMute = true;
        await this.clock.stall(step.ms / 2);
        this.#send({ isWrap: false, age: 0 });
        await this.clock.stall(step.ms / 2);
        this.#cut();
      } else {
        Object.assign(this.scripts.get("")!, { connect: "refuse" });
        this.#cut();
        // Others publish on the relay's own machine, so to say.
        await this.clock.advance(step.ms);
        Object.assign(this.scripts.get("")!, { connect: "open" });
      }
      await this.clock.advance(10);
    }
    await this.clock.advance(1_800_000);
    this.#controller.abort();
    await this.clock.advance(60_000);
  }

  #cut(): void {
    this.restarts++;
    this.last.cut();
  }

  #send({ isWrap, age }: { isWrap: boolean; age: number }): void {
    const created_at = Math.floor(this.clock.now() / 1000) - age;
    const event = isWrap
      ? note({ kind: 1059, pubkey: SENDER, tags: [["p", ME]], created_at })
      : note({ pubkey: AUTHOR, created_at });
    this.stored.push(event);
    for (const relay of this.relays.filter(({ isOpen, isMute }) => isOpen && !isMute)) {
      for (const req of relay.live) if (matchFilters(req.filters, event)) req.send(event);
    }
  }

  #answer(req: ScriptedReq): void {
    const { limitZero, cap, latency, maxSubscriptions } = this.#nature;
    const asksZero = req.filters.some(({ limit }) => limit === 0);
    if (this.last.live.length > maxSubscriptions) return req.closed("error: too many REQs");
    if (asksZero && limitZero === "refuses") return req.closed("invalid: limit must be above 0");
    this.clock.after(latency, () => {
      if (req.isOver) return;
      const filters = req.filters.map((filter) => {
        const { limit, ...rest } = filter;
        return limit === 0 && limitZero === "ignores" ? rest : filter;
      });
      req.send(...found(this.stored, filters, cap)).eose();
    });
  }
}

const natures: fc.Arbitrary<Nature> = fc.record({
  cap: fc.constantFrom(20, 500),
  limitZero: fc.constantFrom("heeds", "ignores", "refuses"),
  // A relay that takes fewer filters at once than a request has new events by cannot send them all.
  takes: fc.constantFrom([1, 20], [10, 1], [10, 2], [10, 20]),
  latency: fc.constantFrom(0, 50, 900),
}).map(({ takes: [maxFilters, maxSubscriptions], ...nature }) => ({
  ...nature,
  maxFilters,
  maxSubscriptions,
}));
const upTo = (hours: number) => fc.integer({ min: 1_000, max: hours * HOUR_S * 1_000 });
const sent = fc.oneof(
  fc.record({
    does: fc.constant("send" as const),
    isWrap: fc.constant(true),
    age: fc.integer({ min: 0, max: 48 * HOUR_S }),
  }),
  fc.record({
    does: fc.constant("send" as const),
    isWrap: fc.constant(false),
    // Some are from the future.
    age: fc.integer({ min: -24 * HOUR_S, max: 2 * HOUR_S }),
  }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { arbitrary: sent, weight: 4 },
    { arbitrary: fc.constant({ does: "restart" as const }), weight: 3 },
    { arbitrary: fc.record({ does: fc.constant("stay away" as const), ms: upTo(1) }), weight: 1 },
    {
      arbitrary: fc.record({ does: fc.constant("fall silent" as const), ms: upTo(0.1) }),
      weight: 1,
    },
    { arbitrary: fc.record({ does: fc.constant("suspend" as const), ms: upTo(12) }), weight: 1 },
    {
      arbitrary: fc.record({
        does: fc.constant("wait" as const),
        ms: fc.oneof(fc.nat(500), upTo(2)),
      }),
      weight: 2,
    },
  ),
  { minLength: 10, maxLength: 40 },
);

let restarts = 0;

Deno.test("W3: OutboxRequest misses no post and no gift wrap over restarts and outages of a relay, and has none twice", async () => {
  await fc.assert(
    fc.asyncProperty(natures, steps, async (nature, steps) => {
      const test = new Restarts(nature);
      await test.play(steps);
      restarts += test.restarts;
      const ids = test.events.map(({ id }) => id);
      assert.deepEqual(ids.toSorted(), test.stored.map(({ id }) => id).toSorted());
      assert.equal(test.clock.pending, 0);
    }),
    { numRuns: 150 },
  );
  assert.ok(restarts >= 1_000, `${restarts} restarts`);
});
