import fc from "fast-check";
import assert from "node:assert/strict";
import { START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { own } from "../support/publishing_world.ts";
import { type PublishingProcess, PublishingProcesses } from "../support/publishing_processes.ts";

const A = "wss://a.example/", B = "wss://b.example/";
const MINUTE_MS = 60_000;

Deno.test("Publishers: of two ledgers over one database the one that published sends, and the other lists it", async () => {
  const world = new PublishingProcesses();
  const [one, two] = [await world.start(), await world.start()];
  world.areAway = true;
  const event = note();
  const sent = await one.ledger.publish(event, own(A));
  await world.clock.advance(5 * MINUTE_MS);
  await two.ledger.refresh();
  assert.deepEqual(two.ledger.all().map(({ state }) => state), ["pending"]);
  const later = await world.start();
  const [seen] = later.ledger.all();
  assert.equal(seen.event.id, event.id);
  assert.equal(seen.state, "pending");
  assert.throws(() => seen.drop(), /another process over the same database sends it/);
  assert.throws(() => seen.retry(), /another process/);
  const done = seen.done;
  world.areAway = false;
  await world.clock.advance(MINUTE_MS);
  assert.equal(sent.state, "done");
  assert.deepEqual((await done).map(({ state }) => state), ["taken"]);
  assert.deepEqual([...two.offers, ...later.offers], []);
  assert.equal(world.taken.length, 1);
  for (const process of [one, two, later]) await process.close();
  assert.equal(world.clock.pending, 0);
  assert.deepEqual(world.errors, []);
});

Deno.test("Publishers: what a killed process left is sent by another, which was there before or starts later", async () => {
  for (const isLater of [false, true]) {
    const world = new PublishingProcesses();
    const one = await world.start();
    const two = isLater ? undefined : await world.start();
    world.areAway = true;
    await one.ledger.publish(note(), own(A, B));
    await world.clock.advance(MINUTE_MS);
    one.kill();
    world.areAway = false;
    const heir = two ?? await world.start();
    await world.clock.advance(MINUTE_MS);
    assert.equal(world.taken.length, 2);
    assert.equal(heir.offers.length, 2);
    const [record] = world.texts("publication").values();
    assert.match(record, /"by":/);
    await heir.close();
    assert.deepEqual([...world.texts("publisher").keys()], []);
  }
});

Deno.test("Publishers: what a closed process left is sent at once by the next", async () => {
  const world = new PublishingProcesses();
  const one = await world.start();
  world.areAway = true;
  await one.ledger.publish(note(), own(A));
  await world.clock.advance(1_000);
  await one.close();
  world.areAway = false;
  const next = await world.start();
  await world.clock.advance(0);
  assert.equal(world.taken.length, 1);
  await next.close();
});

Deno.test("Publishers: a process that was cut off while another took over leaves it to the other", async () => {
  const world = new PublishingProcesses();
  const [one, two] = [await world.start(), await world.start()];
  world.areAway = true;
  const sent = await one.ledger.publish(note(), own(A));
  await world.clock.advance(MINUTE_MS / 2);
  assert.deepEqual(two.offers, []);
  one.cut(true);
  await world.clock.advance(MINUTE_MS);
  assert.ok(two.offers.length > 0);
  const heir = () => JSON.parse([...world.texts("publication").values()][0]).by;
  const before = heir();
  one.cut(false);
  await world.clock.advance(MINUTE_MS / 2);
  assert.equal(heir(), before, "what was taken over is not written by the one before");
  const [mine, others] = [one.offers.length, two.offers.length];
  await world.clock.advance(10 * MINUTE_MS);
  assert.equal(one.offers.length, mine);
  assert.ok(two.offers.length > others);
  const done = sent.done;
  world.areAway = false;
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual((await done).map(({ state }) => state), ["taken"]);
  assert.deepEqual(world.taken.length, 1);
  assert.match(world.errors[0].message, /Cannot agree with other processes/);
  const agreed = world.errors.filter(({ message }) => /Cannot agree/.test(message));
  assert.equal(agreed.length, 1, "once for an outage");
  for (const process of [one, two]) await process.close();
});

Deno.test("Publishers: what another sends is not changed here, whatever lists, sign-ins and deletions say", async () => {
  const world = new PublishingProcesses();
  const one = await world.start();
  world.areWalled = true;
  const event = note({ pubkey: "aa".repeat(32) });
  await one.ledger.publish(event, own(A));
  await world.clock.advance(500);
  const two = await world.start();
  const before = world.texts("publication").get(event.id);
  two.ledger.add(event.id, own(B));
  two.ledger.gone(event.id, () => true, "it is gone");
  two.ledger.connected(A);
  two.ledger.signedIn(A);
  const tags = [["e", event.id]];
  await two.ledger.publish(note({ kind: 5, pubkey: event.pubkey, tags }), own(B));
  await world.clock.advance(1_000);
  assert.deepEqual(two.offers.filter((offer) => offer.endsWith(event.id)), []);
  assert.deepEqual(two.ledger.get(event.id)!.targets.map(({ relay, state }) => [relay, state]), [
    [A, "sign-in"],
  ]);
  assert.equal(world.texts("publication").get(event.id), before);
  world.areWalled = false;
  await world.clock.advance(MINUTE_MS);
  assert.equal(one.ledger.get(event.id)!.targets[0].state, "taken");
  for (const process of [one, two]) await process.close();
});

Deno.test("Publishers: what another sends and expires ends there, and wakes nobody here", async () => {
  const world = new PublishingProcesses();
  const one = await world.start();
  world.areAway = true;
  const hour = note({ tags: [["expiration", `${START + 3_600}`]] });
  await one.ledger.publish(hour, own(A));
  const two = await world.start();
  await world.clock.advance(2 * 60 * MINUTE_MS);
  assert.deepEqual(two.offers, []);
  await two.ledger.refresh();
  assert.equal(two.ledger.all()[0].state, "done");
  for (const process of [one, two]) await process.close();
});

Deno.test("Publishers: what is published here by one whose name was taken over meanwhile is sent here", async () => {
  const world = new PublishingProcesses();
  const [one, two] = [await world.start(), await world.start()];
  await two.ledger.publish(note(), own(A));
  await world.clock.advance(MINUTE_MS);
  world.areAway = true;
  const event = note();
  await one.ledger.publish(event, own(A));
  await world.clock.advance(MINUTE_MS);
  await two.ledger.publish(event, own(B));
  assert.match(world.texts("publication").get(event.id)!, /b\.example/);
  const alone = note();
  await two.ledger.publish(alone, own(B));
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(one.offers.filter((offer) => offer.endsWith(alone.id)), []);
  world.areAway = false;
  await world.clock.advance(MINUTE_MS);
  assert.ok(two.offers.includes(`${B} ${event.id}`));
  for (const process of [one, two]) await process.close();
});

Deno.test("Publishers: what is published here, too, is sent here, too", async () => {
  const world = new PublishingProcesses();
  const one = await world.start();
  world.areAway = true;
  const event = note();
  await one.ledger.publish(event, own(A));
  const two = await world.start();
  const again = await two.ledger.publish(event, own(B));
  world.areAway = false;
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(again.targets.map(({ relay, state }) => [relay, state]), [
    [A, "taken"],
    [B, "taken"],
  ]);
  for (const process of [one, two]) await process.close();
});

Deno.test("P1: Publishers lose nothing that was acknowledged, whichever processes start, close, are cut off and killed", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(
      fc.record({
        does: fc.constantFrom("start", "publish", "kill", "close", "away", "back", "cut", "heal"),
        which: fc.nat({ max: 9 }),
        ms: fc.integer({ min: 0, max: 20_000 }),
      }),
      { minLength: 5, maxLength: 25 },
    ),
    async (steps) => {
      const world = new PublishingProcesses();
      const alive: PublishingProcess[] = [await world.start()];
      const acknowledged: string[] = [];
      let troubles = 0;
      for (const { does, which, ms } of steps) {
        const index = which % Math.max(1, alive.length);
        const process = alive[index];
        if (does === "start") alive.push(await world.start());
        else if (does === "away" || does === "back") world.areAway = does === "away";
        else if (process && does === "publish") {
          const event = note();
          try {
            await process.ledger.publish(event, own(A, B));
            acknowledged.push(event.id);
          } catch (error) {
            assert.match(String(error), /could not be written down/);
          }
        } else if (process && (does === "cut" || does === "heal")) {
          process.cut(does === "cut");
          // Both may send what another takes over meanwhile.
          if (does === "cut") troubles++;
        } else if (process) {
          alive.splice(index, 1);
          if (does === "close") await process.close();
          else {
            process.kill();
            process.ledger.end(new Error("killed"));
            troubles++;
          }
        }
        await world.clock.advance(ms);
      }
      for (const process of alive) process.cut(false);
      world.areAway = false;
      alive.push(await world.start());
      await world.clock.advance(2 * MINUTE_MS);
      for (const id of acknowledged) {
        for (const relay of [A, B]) {
          const count = world.taken.filter((one) => one === `${relay} ${id}`).length;
          assert.ok(count >= 1, `${id} is lost`);
          assert.ok(count <= 1 + troubles, `${relay} got ${id} ${count} times`);
        }
      }
      for (const process of alive) await process.close();
      assert.equal(world.clock.pending, 0);
    },
  ));
});
