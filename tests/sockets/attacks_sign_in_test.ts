import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";
import { countingSigner } from "../support/walled_relays.ts";

/** Relays that want to learn who the user is (NIP-42), and share what they learn. */

const [alice, bob, carol, once] = [1, 2, 3, 4].map((seed) => new Signer(seed));

/** What a hostile relay has learned of one connection. */
interface Learned {
  readonly relay: string;
  readonly connection: number;
  readonly auths: NostrEvent[];
  readonly messages: string[];
}

/**
 * Lets relays refuse everything without a sign-in, and write down all that they hear in one log.
 *
 * @param challenge The text of their challenges.
 */
function wallOff(relays: readonly RelayServer[], challenge: (relay: RelayServer) => string) {
  const log: Learned[] = [];
  for (const relay of relays) {
    relay.options.intercept = (message, connection) => {
      const { number } = connection;
      let learned = log.find((one) => one.relay === relay.url && one.connection === number);
      if (!learned) {
        log.push(learned = { relay: relay.url, connection: number, auths: [], messages: [] });
      }
      const [verb, subject] = message as unknown as [string, unknown];
      if (verb === "AUTH") {
        const event = subject as NostrEvent;
        learned.auths.push(event);
        connection.send(["OK", event.id, true, ""]);
        return true;
      }
      learned.messages.push(JSON.stringify(message));
      if (learned.auths.length > 0 || (verb !== "REQ" && verb !== "EVENT")) return false;
      connection.send(["AUTH", challenge(relay)]);
      connection.send(
        verb === "REQ"
          ? ["CLOSED", subject, "auth-required: who are you?"]
          : ["OK", (subject as NostrEvent).id, false, "auth-required: who are you?"],
      );
      return true;
    };
  }
  return log;
}

/** Alice's home is the first of four relays; Bob and Carol's lists name the others, which are hostile. */
async function start(options: OutboxOptions = {}, isHomeWalled = false) {
  const { signer, signed } = countingSigner(alice);
  const world = new World({ living: 4, options: { user: alice.pubkey, signer, ...options } });
  const [home, one, two, dms] = world.living;
  const { store } = world.outbox;
  await store.event(alice.relayList({ both: [home.url] }));
  await store.event(alice.sign({ kind: 10050, tags: [["relay", home.url]] }));
  await store.event(bob.relayList({ both: [one.url, two.url] }));
  await store.event(carol.relayList({ both: [one.url, two.url] }));
  await store.event(carol.sign({ kind: 10050, tags: [["relay", dms.url]] }));
  const hostile = [one, two, dms];
  const echo = () => "the challenge of another relay";
  const log = wallOff(hostile, echo);
  const homeLog = isHomeWalled ? wallOff([home], echo) : [];
  return { world, signed, home, log, homeLog };
}

/** What an app does of an evening: it reads, answers, reacts, and writes messages. */
async function evening({ world }: Awaited<ReturnType<typeof start>>) {
  const toCarol = once.sign({ kind: 1059, tags: [["p", carol.pubkey]] });
  await world.query([{ kinds: [1], authors: [alice.pubkey, bob.pubkey, carol.pubkey] }]);
  await world.query([{ kinds: [1, 7], "#p": [alice.pubkey] }, {
    kinds: [1059],
    "#p": [alice.pubkey],
  }]);
  await world.query([{ kinds: [0], authors: [bob.pubkey] }, {
    kinds: [4],
    authors: [bob.pubkey],
    "#p": [alice.pubkey],
  }]);
  await world.pool.event(alice.sign({ tags: [["p", bob.pubkey]], content: "hello" }));
  // Whether it is delivered depends on the option.
  await Promise.allSettled([world.pool.event(toCarol)]);
  await Promise.allSettled([(await world.outbox.publish(toCarol)).safe]);
}

Deno.test("A1: createOutbox() signs nothing for relays in strangers' lists that share their logs, whatever they refuse", async () => {
  const test = await start();
  await using _ = test.world;
  await evening(test);
  assert.ok(test.log.length > 0 && test.log.some(({ messages }) => messages.length > 0));
  assert.deepEqual(test.log.flatMap(({ auths }) => auths), []);
  assert.deepEqual(test.signed, []);
});

Deno.test("A1: createOutbox() signs only for the relay that it is connected to, also where that echoes another's challenge", async () => {
  const test = await start({}, true);
  await using _ = test.world;
  await evening(test);
  assert.ok(test.signed.length > 0);
  for (const { tags } of test.signed) assert.deepEqual(tags[0], ["relay", test.home.url]);
  assert.deepEqual(test.log.flatMap(({ auths }) => auths), []);
  assert.equal(test.homeLog.flatMap(({ auths }) => auths).length, test.signed.length);
});

Deno.test("A2: createOutbox() gives relays that share their logs no key in common, and theirs never the user's", async () => {
  const test = await start({ auth: "throwaway" });
  await using _ = test.world;
  await evening(test);
  const keys = new Map<string, Set<string>>();
  for (const { relay, auths } of test.log) {
    for (const { pubkey, tags } of auths) {
      assert.deepEqual(tags[0], ["relay", relay]);
      assert.notEqual(pubkey, alice.pubkey);
      keys.set(relay, (keys.get(relay) ?? new Set()).add(pubkey));
    }
  }
  assert.equal(keys.size, 3);
  const all = [...keys.values()].flatMap((some) => [...some]);
  assert.equal(new Set(all).size, all.length, "two relays saw the same key");
  assert.deepEqual(test.signed, []);
});
