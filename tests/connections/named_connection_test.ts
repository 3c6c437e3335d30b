import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { quiet, START } from "../../testing/test_clock.ts";
import {
  alice,
  bob,
  BOBS,
  carol,
  DMS,
  post,
  postsOf,
  signInWorld,
  wrap,
  wrapsOfAlice,
} from "../support/sign_in_world.ts";
import { countingSigner } from "../support/walled_relays.ts";

Deno.test("namedConnection() is the first where a relay is known to want a sign-in for all that is requested", async () => {
  const world = await signInWorld({ [DMS]: { events: [wrap] } });
  const live = new AbortController();
  const { clock, relays } = world.network;
  const opened = () => relays.filter(({ url }) => url === DMS).length;
  assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
  assert.equal(opened(), 2);
  await clock.advance(120_000);
  assert.ok(relays.filter(({ url }) => url === DMS).every(({ isClosed }) => isClosed));
  for (let round = 1; round <= 3; round++) {
    assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
    await clock.advance(120_000);
    assert.equal(opened(), 2 + round);
  }
  assert.ok(
    relays.filter(({ url }) => url === DMS).slice(2).every(({ auths }) => auths.length === 1),
  );
  // A live request signs in anew after each reconnect, and goes on.
  const seen: string[] = [];
  const reading = (async () => {
    for await (const [verb, , event] of world.pool.req(wrapsOfAlice, live)) {
      seen.push(verb === "EVENT" ? (event as NostrEvent).id : verb);
    }
  })();
  await clock.advance(5_000);
  relays.at(-1)!.cut();
  await clock.advance(60_000);
  const later = carol.sign({ kind: 1059, tags: [["p", alice.pubkey]], created_at: START });
  for (const req of relays.at(-1)!.live) req.send(later);
  await quiet();
  assert.deepEqual(seen, [wrap.id, "EOSE", later.id]);
  assert.equal(opened(), 7);
  live.abort();
  await assert.rejects(reading, { name: "AbortError" });
  // What is read without a name goes on being so.
  await world.ids([...wrapsOfAlice, { kinds: [1059], "#p": [bob.pubkey] }]);
  assert.ok(relays.some(({ url, auths, reqs }) => url === DMS && auths.length === 0 && reqs));
  await world.outbox.close();
});

Deno.test("namedConnection() gives up where the sign-in fails that worked before: the relay is asked without a name, and waits no longer than for a relay", async () => {
  let isSlow = false;
  const { signer } = countingSigner(
    alice,
    (event) => isSlow ? new Promise<NostrEvent>(() => {}) : Promise.resolve(event),
  );
  const world = await signInWorld(
    { [DMS]: { events: [wrap] }, [BOBS]: { events: [post], guards: () => false } },
    { signer },
  );
  const { clock } = world.network;
  assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
  await clock.advance(120_000);
  isSlow = true;
  const before = clock.now();
  assert.deepEqual(await world.ids([...wrapsOfAlice, ...postsOf(bob)]), [post.id]);
  assert.ok(clock.now() - before < 32_000, `${clock.now() - before} ms`);
  const [report] = (await world.outbox.relays()).filter(({ url }) => url === DMS);
  assert.notEqual(report.state, "backing-off");
  await world.outbox.close();
});
