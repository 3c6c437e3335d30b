import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { verifyEvent } from "nostr-tools";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";
import { verifyInWorker } from "../support/verify_in_worker.ts";

/** Law V1 with forty relays: twelve of them fail, each in its own way. */

const authors = Array.from({ length: 60 }, (_, i) => new Signer(100 + i));
const posts = authors.map((author, i) =>
  [0, 1, 2].map((n) => author.sign({ created_at: 1_699_999_000 + 10 * i + n }))
);
const FILTERS = [{
  kinds: [1],
  authors: authors.map(({ pubkey }) => pubkey),
  since: 1_699_990_000,
}];
const ids = (events: readonly NostrEvent[]) => new Set(events.map(({ id }) => id));

const mixes: FaultName[][] = [
  [
    "refused",
    "mute-host",
    "no-such-host",
    "tls-self-signed",
    "http-302",
    "http-502",
    "silent",
    "eose-never",
    "closed:auth-required",
    "flood-events",
    "huge-frame",
    "disconnect-mid-answer",
  ],
  [
    "http-403",
    "stalled",
    "closed:rate-limited",
    "closed-for-author",
    "forged-content",
    "forged-signature",
    "mismatched",
    "flood-forged",
    "flood-notices",
    "binary",
    "torn-frame",
    "too-many-filters:notice",
  ],
];

for (const [n, faults] of [...mixes, ...mixes].entries()) {
  const isAsync = n >= mixes.length;
  const way = isAsync ? ", verified in a worker" : "";
  Deno.test(`V1: requests to 28 living and 12 faulty relays find all that the living hold (mix ${n % 2 + 1}${way})`, async () => {
    const settings = { events: posts.flat(), signer: authors[0], author: authors[1].pubkey };
    const faulty = faults.map((name) => startFault(name, settings));
    await using world = new World({
      living: 28,
      faulty,
      options: {
        maxRelays: 40,
        ...isAsync ? { verifyEvent: verifyInWorker } : {},
      },
    });
    const { living, outbox } = world;
    // Everyone lists a living relay and a faulty one; which comes first alternates.
    for (const [i, author] of authors.entries()) {
      const [good, bad] = [living[i % living.length], faulty[i % faulty.length]];
      good.seed(posts[i]);
      const relays = i % 2 ? [good.url, bad.url] : [bad.url, good.url];
      await outbox.store.event(author.relayList({ both: relays }));
    }

    await using live = world.req(FILTERS);
    const [found, end] = await Promise.all([world.query(FILTERS), live.end()]);
    assert.equal(end, "EOSE");
    for (const events of [found, live.events]) {
      const has = ids(events);
      const missing = posts.flat().filter(({ id }) => !has.has(id));
      assert.equal(missing.length, 0);
      const known = new Set(authors.map(({ pubkey }) => pubkey));
      for (const event of events) {
        assert.ok(known.has(event.pubkey));
        assert.ok(verifyEvent({ ...event }));
      }
    }
    await Promise.all(authors.map(async (author, i) => {
      const event = author.sign({ content: "published", created_at: 1_600_000_000 });
      await world.event(event);
      await living[i % living.length].stored(event.id);
    }));
    const post = authors[5].sign({ content: "live", created_at: 1_700_000_000 });
    living[5].publish(post);
    await live.event(post.id);
    assert.deepEqual(world.errors, []);
  });
}

Deno.test("V1: requests to faulty relays alone end, and an event is rejected with a reason for each relay", async () => {
  const author = authors[0];
  const faulty = mixes[0].slice(0, 7).map((name) => startFault(name));
  await using world = new World({ living: 0, faulty });
  const urls = faulty.map(({ url }) => url);
  await world.outbox.store.event(author.relayList({ both: urls }));

  const filters = [{ kinds: [1], authors: [author.pubkey] }];
  await using live = world.req(filters);
  assert.deepEqual(await world.query(filters), []);
  assert.equal(await live.end(), "EOSE");
  const published = world.event(author.sign());
  const { errors } = await published.then(() => assert.fail(), (error) => error);
  assert.deepEqual(errors.map(({ relay }: { relay: string }) => relay).sort(), urls.sort());
  assert.deepEqual(
    new Set(errors.map(({ reason }: { reason: string }) => reason)),
    new Set(["unreachable", "connect-timeout", "no-ok"]),
  );
});
