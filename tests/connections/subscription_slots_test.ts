import fc from "fast-check";
import assert from "node:assert/strict";
import { SubscriptionSlots } from "../../src/connections/subscription_slots.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

const never = new AbortController().signal;

/** Places, and who is in. */
class Room {
  most: number;
  readonly places = new SubscriptionSlots(() => this.most);
  /** Gives the places back, of those that stay and the others. */
  readonly inside: { stay: boolean; leave: () => void }[] = [];

  constructor(most: number) {
    this.most = most;
  }

  enter(stay: boolean, signal = never): Promise<unknown> {
    return this.places.acquire(signal, stay)
      .then((leave) => this.inside.push({ stay, leave }), (error) => error);
  }

  count(stay: boolean): number {
    return this.inside.filter((one) => one.stay === stay).length;
  }
}

Deno.test("SubscriptionSlots never gives the last slot to a subscription that stays open", async () => {
  for (const most of [2, 3, 10]) {
    const room = new Room(most);
    for (let i = 0; i < most + 3; i++) room.enter(true);
    await settled();
    assert.equal(room.count(true), most - 1);
    room.enter(false);
    room.enter(false);
    await settled();
    assert.equal(room.count(false), 1);
  }
});

Deno.test("SubscriptionSlots lets one subscription stay open if there is only one slot", async () => {
  const room = new Room(1);
  assert.ok(!room.places.mayStay(1), "others would have to wait for that");
  for (const stay of [true, true]) room.enter(stay);
  await settled();
  room.enter(false);
  await settled();
  assert.deepEqual(room.inside.map(({ stay }) => stay), [true]);
  room.inside.pop()!.leave();
  await settled();
  assert.deepEqual(room.inside.map(({ stay }) => stay), [false]);
});

Deno.test("SubscriptionSlots mayStay() says how many may stay open without waiting, and lets those in at once", async () => {
  for (const [most, taken, may] of [[10, 0, 9], [10, 8, 1], [10, 9, 0], [2, 0, 1], [2, 1, 0]]) {
    const room = new Room(most);
    for (let i = 0; i < taken; i++) room.enter(true);
    assert.ok(room.places.mayStay(may));
    assert.ok(!room.places.mayStay(may + 1));
    for (let i = 0; i < may; i++) room.enter(true);
    assert.ok(!room.places.mayStay(1));
    await settled();
    assert.equal(room.count(true), taken + may);
  }
});

Deno.test("SubscriptionSlots isFullWith() holds if users, or subscriptions that stay open, leave no slot to stay", async () => {
  for (const [most, users] of [[10, 9], [3, 2], [2, 1], [1, 1]]) {
    const room = new Room(most);
    assert.ok(room.places.isFullWith(users));
    assert.ok(!room.places.isFullWith(users - 1));
    for (let i = 0; i < most; i++) room.enter(true);
    await settled();
    assert.ok(room.places.isFullWith(0));
    room.inside.pop()!.leave();
    room.inside.pop()?.leave();
    await settled();
    if (most > 2) assert.ok(!room.places.isFullWith(0));
  }
});

Deno.test("SubscriptionSlots releases both slots of a subscription that was to stay open and gives up waiting", async () => {
  const room = new Room(2);
  const controller = new CountedController();
  for (let i = 0; i < 2; i++) room.enter(false);
  const given = room.enter(true, controller.signal);
  await settled();
  assert.ok(!room.places.mayStay(1));
  controller.abort("no longer");
  assert.equal(await given, "no longer");
  assert.ok(room.places.mayStay(1));
  assert.equal(controller.listeners, 0);
});

Deno.test("SubscriptionSlots lets in exactly as many as the relay takes, whoever comes and goes", async () => {
  const step = fc.oneof(
    fc.record({ stay: fc.boolean() }),
    fc.record({ leaves: fc.nat(20) }),
    fc.record({ most: fc.integer({ min: 1, max: 5 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const room = new Room(3);
      let stored = 0, staying = 0;
      for (const step of steps) {
        const before = { all: room.inside.length, staying: room.count(true) };
        if ("stay" in step) {
          room.enter(step.stay);
          if (step.stay) staying++;
          else stored++;
        } else if ("leaves" in step) {
          const [gone] = room.inside.splice(step.leaves % (room.inside.length || 1), 1);
          gone?.leave();
          if (gone?.stay) staying--;
          else if (gone) stored--;
        } else room.most = step.most;
        room.places.mayStay(1);
        await settled();
        assert.ok(room.inside.length <= Math.max(room.most, before.all));
        assert.ok(room.count(true) <= Math.max(1, room.most - 1, before.staying));
        if (stored > room.count(false)) assert.ok(room.inside.length >= room.most);
        if (staying > room.count(true)) {
          assert.ok(room.count(true) >= room.most - 1 || room.inside.length >= room.most);
        }
      }
    }),
    { numRuns: 60 },
  );
});
