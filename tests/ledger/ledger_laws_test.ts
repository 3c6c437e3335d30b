import fc from "fast-check";
import assert from "node:assert/strict";
import { envNumber } from "../support/env_number.ts";
import { note } from "../support/notes.ts";
import { own, PublishingWorld } from "../support/publishing_world.ts";

const RELAYS = ["wss://a.example/", "wss://b.example/", "wss://c.example/"];
/** How long relays are away at most, in hours; up to 167. */
const HOURS = envNumber("OUTBOX_AWAY_HOURS", 12);
const DAY_MS = 86_400_000;

/** What a relay does, one word for each offer; the last one stays. */
const anyAnswers = fc.array(
  fc.constantFrom(
    "ok",
    "away",
    "error: busy",
    "rate-limited: retry in 20 s",
    "auth-required: sign in",
    "blocked: not you",
    "duplicate: have it",
    "no thanks",
  ),
  { minLength: 1, maxLength: 6 },
);

/** Lets relays answer by these words, in turn. */
function script(world: PublishingWorld, answers: readonly (readonly string[])[]): void {
  for (const [i, relay] of RELAYS.entries()) {
    let offer = 0;
    const words = answers[i];
    world.answers.set(relay, () => words[Math.min(offer++, words.length - 1)]);
  }
}

Deno.test("P1: Ledger publish() resolves with nothing that a crash loses, whichever write is the last", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 0, max: 3_000 }),
    async (writesLeft, count, ms) => {
      const world = new PublishingWorld();
      world.store.writesLeft = writesLeft;
      for (const relay of RELAYS) world.answers.set(relay, () => "away");
      const ledger = world.ledger();
      await ledger.ready();
      const events = Array.from({ length: count }, () => note());
      const published = await Promise.all(events.map(async (event, i) => {
        await Promise.all(Array.from({ length: i % 3 }, () => Promise.resolve()));
        const written = () => world.store.texts.has(event.id);
        world.onOffer = (_, { id }) => assert.ok(world.store.texts.has(id), "sent before written");
        try {
          await ledger.publish(event, own(...RELAYS));
          assert.ok(written(), "resolved before it was written");
          return event.id;
        } catch (error) {
          assert.match(String(error), /could not be written down/);
        }
      }));
      await world.clock.advance(ms);
      world.kill();

      world.store.writesLeft = Infinity;
      for (const relay of RELAYS) world.answers.delete(relay);
      const next = world.ledger();
      await next.ready();
      await world.clock.advance(60_000);
      for (const relay of RELAYS) {
        const held = new Set(world.held.get(relay));
        for (const id of published) assert.ok(id === undefined || held.has(id), `${id} is lost`);
      }
      next.end(new Error("over"));
      await next.close();
    },
  ));
});

Deno.test("P2: Ledger offers an event at least once and, after a relay took it, at most once more for each crash", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 4 }),
    fc.tuple(anyAnswers, anyAnswers, anyAnswers),
    async (crashes, answers) => {
      const world = new PublishingWorld();
      // Each relay takes it in the end.
      script(
        world,
        answers.map((words) => [...words.filter((word) => !/^(blocked|no )/.test(word)), "ok"]),
      );
      const event = note();
      let ledger = world.ledger();
      await ledger.ready();
      await ledger.publish(event, own(...RELAYS));
      for (const ms of crashes) {
        await world.clock.advance(ms);
        world.kill();
        ledger.end(new Error("killed"));
        ledger = world.ledger();
        await ledger.ready();
      }
      await world.clock.advance(6 * 3_600_000);
      for (const relay of RELAYS) {
        const taken = world.held.get(relay)?.length ?? 0;
        const isTaken = taken > 0 ||
          world.offers.some((offer) => offer.relay === relay) &&
            ledger.get(event.id)!.targets.find((target) => target.relay === relay)!.state ===
              "taken";
        assert.ok(isTaken, `${relay} has it not`);
        assert.ok(taken <= 1 + crashes.length, `${relay} got it ${taken} times`);
      }
      assert.equal(world.mostUnderWay, 1);
      ledger.end(new Error("over"));
      await ledger.close();
    },
  ));
});

Deno.test("P3: Ledger ends each target as taken, refused with the relay's word, or given up with a reason", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(anyAnswers, anyAnswers, anyAnswers),
      fc.constantFrom(1, 2),
      async (answers, days) => {
        const world = new PublishingWorld();
        script(world, answers);
        const ledger = world.ledger({ days });
        await ledger.ready();
        const sent = await ledger.publish(note(), own(...RELAYS));
        const done = sent.done;
        await world.clock.advance(days * DAY_MS);
        const targets = await done;
        assert.equal(sent.state, "done");
        for (const [i, { relay, state, reason, nextAt }] of targets.entries()) {
          assert.equal(relay, RELAYS[i]);
          assert.equal(nextAt, undefined);
          if (state === "refused") assert.ok(answers[i].some((word) => word === reason), reason);
          else if (state === "given-up") assert.match(reason!, /^not taken within \d days: ./);
          else assert.equal(state, "taken");
        }
        const offers = world.offers.length;
        await world.clock.advance(DAY_MS);
        assert.equal(world.offers.length, offers, "nothing is offered once all is done");
        assert.equal(world.clock.pending, 0);
        ledger.end(new Error("over"));
        await ledger.close();
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("Ledger serves 99.9 % of targets within a minute of their relays' return, if that is within 7 days", async () => {
  const world = new PublishingWorld();
  const back = new Map<string, number>();
  const hours = [0.002, 0.02, 0.1, 0.2, 0.4, 0.7, 1].map((part) => part * HOURS);
  const start = world.clock.now();
  for (let i = 0; i < 70; i++) {
    back.set(`wss://r${i}.example/`, start + hours[i % 7] * 3_600_000 + i * 777);
  }
  for (const [i, [relay, at]] of [...back].entries()) {
    // A quarter of them let an attempt time out instead of refusing it.
    const answer = i % 4 === 0 ? "hang" : "away";
    world.answers.set(relay, () => world.clock.now() < at ? answer : "ok");
  }
  const ledger = world.ledger();
  await ledger.ready();
  for (let i = 0; i < 20; i++) await ledger.publish(note(), own(...back.keys()));
  let late = 0;
  for (const hour of hours) {
    const due = start + hour * 3_600_000 + 70 * 777;
    await world.clock.advance(due + 60_000 - world.clock.now());
    for (const [relay, at] of back) {
      if (at > due || Math.abs(at - due) > 120_000) continue;
      const soon = world.offers.filter((offer) =>
        offer.relay === relay && offer.at >= at && offer.at <= at + 60_000
      );
      late += 20 - Math.min(20, soon.length);
    }
  }
  assert.ok(late <= 0.001 * 20 * 70, `${late} came late`);
  assert.ok(ledger.all().every(({ state }) => state === "done"));
  ledger.end(new Error("over"));
  await ledger.close();
});
