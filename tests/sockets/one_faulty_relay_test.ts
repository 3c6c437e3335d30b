import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { verifyEvent } from "nostr-tools";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { FAULTS, type FaultSettings, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";
import { testUnless } from "../support/test_unless.ts";
import { verifyInWorker } from "../support/verify_in_worker.ts";

/**
 * Law V1, one fault at a time: whatever a relay does, `pool.query` returns what the
 * living relays hold, `pool.req` reaches EOSE and goes on, and `pool.event` settles.
 */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const posts = [alice, bob, carol].flatMap((author) =>
  [0, 1, 2].map((n) => author.sign({ content: `${n}`, created_at: 1_699_999_000 + n }))
);
const settings: FaultSettings = { events: posts, author: bob.pubkey, signer: carol };
const of = (...authors: Signer[]) => [{
  kinds: [1],
  authors: authors.map(({ pubkey }) => pubkey),
  since: 1_699_990_000,
}];
const byAuthor = (author: Signer) => posts.filter(({ pubkey }) => pubkey === author.pubkey);

/** The ids of events, sorted. */
const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** "bad-url" leads to no relay at all: opening_relays_test.ts is about it. */
const faults = FAULTS.filter((name) => name !== "bad-url");

/** Faults that keep every event away, and the reason that an app gets. */
const REFUSED = new Map<string, RelayFailure>([
  ...["refused", "no-such-host", "tls-at-plain-port", "tls-self-signed", "not-http"]
    .map((name) => [name, "unreachable"] as const),
  ...["http-200", "http-302", "http-403", "http-502"]
    .map((name) => [name, "unreachable"] as const),
  ["mute-host", "connect-timeout"],
  ...["stalled", "silent", "ok-never", "ok-for-another"].map((name) => [name, "no-ok"] as const),
  ...["torn-frame", "bad-opcode", "disconnect-at-once", "disconnect-on-event"]
    .map((name) => [name, "disconnected"] as const),
  ["auth-wall", "auth-required"],
  ["refused:none", "closed"],
  ...(["auth-required", "restricted", "rate-limited", "blocked", "invalid", "pow", "error", "mute"]
    .map((prefix) => [`refused:${prefix}`, prefix as RelayFailure] as const)),
  ["refused:unsupported", "unsupported"],
]);

/** Faults in spite of which a request gets all of a relay's events. */
const COMPLETE = new Set<string>([
  ...["eose-never", "eose-twice", "ok-never", "ok-for-another", "auth-at-once", "mismatched"],
  ...["half-json", "not-a-message", "deep-json", "huge-frame"],
  ...["rate-limited-at-first", "disconnect-at-first", "disconnect-on-event", "closed-for-author"],
  ...FAULTS.filter((name) => /^(?:refused|too-many-.*|too-long|capped):?/.test(name)),
]);
COMPLETE.delete("refused");

/** Both ways in which signatures are verified. */
const ways = [["", {}], [", verified in a worker", {
  verifyEvent: (event: NostrEvent) => verifyInWorker(event),
}]] as const;

/** The faults that a worker meets in every run: what it verifies is forged, foreign or repeated. */
const OFTEN = /^(?:forged|mismatched|events-after|eose-twice|flood-(?:forged|foreign|repeated))/;
const isWeekly = Deno.env.get("OUTBOX_ALL_FAULTS") !== undefined;

for (const name of faults) {
  for (const [way, options] of ways) {
    const reason = way === "" || isWeekly || OFTEN.test(name) ? undefined : "weekly";
    testUnless(
      reason,
      `V1: requests to living relays beside "${name}" find what these hold, and get new events${way}`,
      async () => {
        const faulty = startFault(name, settings);
        await using world = new World({ faulty: [faulty], options });
        const [first, second] = world.living;
        first.seed(byAuthor(alice));
        second.seed(byAuthor(bob));
        const { store } = world.outbox;
        await store.event(alice.relayList({ both: [faulty.url, first.url] }));
        await store.event(bob.relayList({ both: [second.url, faulty.url] }));

        const expected = ids([...byAuthor(alice), ...byAuthor(bob)]);
        const published = alice.sign({ content: "published", created_at: 1_600_000_000 });
        await using live = world.req(of(alice, bob));
        const [found, end] = await Promise.all([
          world.query(of(alice, bob)),
          live.end(),
          world.event(published),
          first.stored(published.id),
        ]);
        assert.deepEqual(ids(found), expected);
        assert.equal(end, "EOSE");
        assert.deepEqual(ids(live.events), expected);

        for (const [author, relay] of [[alice, first], [bob, second]] as const) {
          const post = author.sign({ content: "live", created_at: 1_700_000_000 });
          relay.publish(post);
          await live.event(post.id);
        }
        assert.deepEqual(world.errors, []);
      },
    );

    // Here time passes much faster than a thread verifies: outbox_request_test.ts has this case.
    if (name === "flood-events" && way !== "") continue;
    testUnless(
      reason,
      `V1: requests to "${name}" alone end, with nothing that was forged${way}`,
      async () => {
        const faulty = startFault(name, settings);
        await using world = new World({ living: 0, faulty: [faulty], options });
        await world.outbox.store.event(carol.relayList({ both: [faulty.url] }));

        await using live = world.req(of(carol));
        const [found, end] = await Promise.all([world.query(of(carol)), live.end()]);
        assert.match(end, /EOSE|CLOSED/);
        for (const events of [found, live.events]) {
          for (const event of events) {
            assert.equal(event.pubkey, carol.pubkey);
            assert.ok(verifyEvent({ ...event }));
          }
          if (COMPLETE.has(name)) assert.deepEqual(ids(events), ids(byAuthor(carol)));
        }
        // Once for each of both requests that it did not answer.
        assert.ok(world.errors.length <= 2, world.errors.join("\n"));
        for (const { message } of world.errors) {
          assert.match(
            message,
            /^No relay answered a request: 1 x [a-z-]+ \(wss?:[^ ;]+(?:\)|; see option "auth")/,
          );
        }
      },
    );
  }
}

for (const name of faults) {
  Deno.test(`V1: an event for "${name}" alone settles, and says why no relay took it`, async () => {
    const faulty = startFault(name, settings);
    await using world = new World({ living: 0, faulty: [faulty] });
    await world.outbox.store.event(carol.relayList({ both: [faulty.url] }));

    const published = world.event(carol.sign({ content: "published" }));
    const reason = REFUSED.get(name);
    if (reason === undefined) return await published;
    const error = await published.then(() => assert.fail("It took the event"), (error) => error);
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(error.errors.map(({ relay, reason }) => [relay, reason]), [
      [faulty.url, reason],
    ]);
    assert.ok(error.errors[0] instanceof RelayFailureError);
    assert.deepEqual(world.errors, []);
  });
}
