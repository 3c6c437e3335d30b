import assert from "node:assert/strict";
import type { RelayInfoAnswer } from "../../testing/relay_info_answer.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 whatever a relay says of itself (NIP-11): no description costs an answer. */

const NOW = 1_700_000_000;
const authors = Array.from({ length: 30 }, (_, i) => new Signer(100 + i));
const posts = authors.map((author) => author.sign({ created_at: NOW - 100 }));
const all = posts.map(({ id }) => id).sort();

const limitation = (values: Record<string, unknown>) => ({ body: { limitation: values } });
const documents: Record<string, RelayInfoAnswer> = {
  "never comes": { delay: () => new Promise(() => {}) },
  "is an error": { status: 500, body: "no" },
  "is a web page": { body: "<!doctype html>", headers: { "content-type": "text/html" } },
  "is half a document": { body: '{"limitation":{"max_limit":' },
  "is null": { body: null },
  "is nested without an end": { body: `${"[".repeat(100_000)}${"]".repeat(100_000)}` },
  "has ten megabytes": { body: { name: "x".repeat(10_000_000) } },
  "sends elsewhere": { status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } },
  "allows nothing": limitation({
    max_limit: 0,
    default_limit: 0,
    max_filters: 0,
    max_subscriptions: 0,
    max_message_length: 0,
  }),
  "allows less than nothing": limitation({
    max_limit: -1,
    max_filters: -5,
    max_subscriptions: -1,
    max_message_length: -1,
  }),
  "allows what is no number": limitation({
    max_limit: "many",
    max_filters: null,
    max_subscriptions: {},
    max_message_length: 1e400,
  }),
  "is strict": limitation({
    max_limit: 5,
    default_limit: 2,
    max_filters: 1,
    max_subscriptions: 1,
    max_message_length: 300,
  }),
};

for (const [what, info] of Object.entries(documents)) {
  Deno.test(`V1: requests to a relay whose description ${what} are answered like any other`, async () => {
    await using world = new World({ living: 1, options: { authorsPerFilter: 3 } });
    const [relay] = world.living;
    relay.options.info = info;
    relay.seed(posts);
    for (const author of authors) {
      await world.outbox.store.event(author.relayList({ both: [relay.url] }));
    }
    const filters = [{
      kinds: [1],
      authors: authors.map(({ pubkey }) => pubkey),
      since: NOW - 500,
    }];
    const first = await world.query(filters);
    assert.deepEqual(first.map(({ id }) => id).sort(), all);
    await eventually("the description was asked for", () => relay.stats.infos > 0);
    await using live = world.req(filters);
    assert.equal(await live.end(), "EOSE");
    assert.deepEqual(live.events.map(({ id }) => id).sort(), all);
    await world.event(authors[0].sign({ content: "published" }));
    assert.deepEqual(world.errors, []);
  });
}
