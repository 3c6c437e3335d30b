import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { settled } from "../../testing/test_clock.ts";
import { A, B, listEvent, NOW } from "../support/list_store.ts";
import { ALICE, BOB, post, type Sending, setUp } from "../support/rebroadcasting.ts";
import { RecordMap } from "../support/relay_records.ts";

const HOUR_MS = 3_600_000;

Deno.test("ListRebroadcaster remembers at most max authors, those who published last", async () => {
  const { rebroadcaster, sent, write, publish } = setUp({ max: 2 });
  const [alices, bobs] = [write(), write(BOB)];
  for (const author of [ALICE, BOB, ALICE, "cc".repeat(32)]) await publish(post(author));
  sent.length = 0;
  rebroadcaster.has(alices, B);
  rebroadcaster.has(bobs, B);
  await publish(post(), B);
  await publish(post(BOB), B);
  assert.deepEqual(sent, [[B, bobs.id]]);
});

Deno.test("ListRebroadcaster remembers at most max refusals, the last ones", async () => {
  const { rebroadcaster, clock, world, sending, write, publish } = setUp({ max: 2 });
  write();
  world.isHeld = true;
  const refuse = async (url: string) => {
    await publish(post(), url);
    sending.pop()!.refuse(new Error("blocked: no"));
    await rebroadcaster.idle();
  };
  for (const url of [A, B]) await refuse(url);
  await clock.advance(HOUR_MS);
  for (const url of [A, "wss://c.example/"]) await refuse(url);
  await publish();
  assert.equal(sending.length, 0);
  await clock.advance(-HOUR_MS);
  await publish(post(), B);
  assert.equal(sending.length, 1);
});

Deno.test("ListRebroadcaster keeps over a restart what it learned last, and nothing for keys that are no relay", async () => {
  const list = listEvent(ALICE);
  const record = (at: number) => `${list.id} ${list.created_at} ${at}`;
  const backend = new RecordMap([[`${A} ${ALICE}`, record(2)], [`${B} ${ALICE}`, record(1)]]);
  const { rebroadcaster, sent, write, publish } = setUp({ backend, max: 1 });
  write();
  await publish();
  assert.deepEqual(sent, []);
  for (const url of [`${A}${"x".repeat(300)}`, "https://a.example/", "wss://a b/"]) {
    await publish(post(), url);
  }
  await rebroadcaster.close();
  assert.deepEqual([...backend.records.keys()], [`${A} ${ALICE}`]);
});

/** What may happen, in any order. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("publish"), to: fc.nat(2), by: fc.nat(1) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("write"), to: fc.nat(2), by: fc.nat(1) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom("accept", "accept", "refuse", "deliver", "wait", "restart", "settle"),
        to: fc.nat(2),
        by: fc.nat(1),
      }),
    },
  ),
  { maxLength: 40 },
);

Deno.test("ListRebroadcaster sends each version to a relay once, and the newest in the end, in any interleaving", async () => {
  const relays = ["a", "b", "c"].map((name) => `wss://${name}.example/`);
  await fc.assert(fc.asyncProperty(steps, async (all) => {
    const backend = new RecordMap();
    const lists = new Map<string, NostrEvent>();
    const store = {
      query: ([{ authors }]: { authors?: string[] }[]) => {
        const list = lists.get(authors![0]);
        return Promise.resolve(list ? [list] : []);
      },
    };
    let at = NOW;
    let now = setUp({ backend, store });
    const accepted = new Set<string>();
    const has = new Map<string, NostrEvent>();
    const due = new Set<string>();
    const active = new Set<string>();
    const accept = (one: Sending | undefined) => {
      if (!one) return;
      const { url, list } = one;
      assert.ok(!accepted.has(url + list.id), "a relay gets a version twice");
      assert.notEqual(has.get(url + list.pubkey)?.id, list.id, "it is known to have it");
      accepted.add(url + list.id);
      has.set(url + list.pubkey, list);
      one.accept();
    };
    now.world.isHeld = true;
    for (const step of all) {
      const [url, author] = [relays[step.to], [ALICE, BOB][step.by]];
      if (step.do === "publish") {
        due.add(`${url} ${author}`);
        active.add(author);
        now.rebroadcaster.published(post(author), url);
      } else if (step.do === "write") lists.set(author, listEvent(author, [A], ++at));
      else if (step.do === "accept") accept(now.sending.shift());
      else if (step.do === "refuse") now.sending.shift()?.refuse(new Error("blocked: no"));
      else if (step.do === "wait") await now.clock.advance(HOUR_MS);
      else if (step.do === "settle") await settled();
      else if (step.do === "deliver") {
        await settled();
        const list = lists.get(author);
        const isBusy = now.sending.some((one) => one.url === url && one.list.pubkey === author);
        if (!list || isBusy || !active.has(author)) continue;
        now.rebroadcaster.has(list, url);
        has.set(url + author, list);
      } else if (step.do === "restart") {
        // Lists that were sent before arrive first, and so do newer ones that follow them.
        do {
          await settled();
          for (const one of now.sending.splice(0)) accept(one);
          await settled();
        } while (now.sending.length > 0);
        await now.rebroadcaster.idle();
        await now.rebroadcaster.close();
        now = setUp({ backend, store });
        now.world.isHeld = true;
        active.clear();
      }
    }
    // In the end all relays accept what they get, and every author publishes once more.
    for (let round = 0; round < 3; round++) {
      await now.clock.advance(HOUR_MS);
      for (const key of due) {
        const [url, author] = key.split(" ");
        now.rebroadcaster.published(post(author), url);
      }
      await settled();
      for (const one of now.sending.splice(0)) accept(one);
      await settled();
    }
    assert.equal(now.sending.length, 0);
    await now.rebroadcaster.close();
    for (const key of due) {
      const list = lists.get(key.split(" ")[1]);
      const record = backend.records.get(key)?.split(" ")[0];
      assert.equal(record, list?.id, "a relay lacks the newest list");
    }
    assert.equal(now.clock.pending, 0);
  }));
});
