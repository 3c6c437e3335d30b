import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { abortable } from "../../src/base/abortable.ts";
import { type FindOptions, Knowledge } from "../../src/discovery/knowledge.ts";
import { ThreadAuthors } from "../../src/discovery/thread_authors.ts";
import { HintBook } from "../../src/hints/hint_book.ts";
import type { Lookup } from "../../src/nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { draft, relayList } from "../../testing/memory_source.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

const [ALICE, BOB] = ["aa", "bb"].map((byte) => byte.repeat(32));
const ID = "ee".repeat(32);
const POST = `id:${ID}`;
const ARTICLE = `address:30023:${BOB}:x`;
const [A, B] = ["wss://a.example/", "wss://b.example/"];
const WAIT_MS = 3_000;

const threads = (...keys: string[]): Lookup => ({
  people: [],
  dm: [],
  private: [],
  eventsAndGroups: keys,
  threads: keys,
});

/** Knowledge of Alice's list; the test says who has the post, and when. */
function start({ stored = [] as NostrEvent[], failure = undefined as Error | undefined } = {}) {
  const clock = new TestClock();
  const book = new HintBook({ clock, check: checkRelayUrl, onError: assert.fail });
  const searches: { ids: readonly string[]; wait: number; found: () => void }[] = [];
  const finds: { pubkeys: readonly string[]; wait: number }[] = [];
  const queries: NostrFilter[] = [];
  const lists = new Map([[ALICE, relayList(ALICE, { write: [B], read: [A] })]]);
  const sources = {
    clock,
    book,
    store: {
      get: (pubkeys: Iterable<string>) =>
        Promise.resolve(
          new Map([...pubkeys].flatMap((pubkey) => {
            const list = lists.get(pubkey);
            return list ? [[pubkey, list]] : [];
          })),
        ),
      query(filters: NostrFilter[]) {
        queries.push(...filters);
        return failure ? Promise.reject(failure) : Promise.resolve(stored);
      },
    },
    discovery: {
      ready: () => Promise.resolve(),
      find(_: number, pubkeys: readonly string[], { wait }: FindOptions) {
        finds.push({ pubkeys, wait });
        return Promise.resolve();
      },
    },
    events: {
      async find(ids: readonly string[], { wait, signal }: FindOptions) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const cancel = clock.after(wait, resolve);
        searches.push({ ids, wait, found: resolve });
        await abortable(promise, signal).finally(cancel);
      },
    },
  };
  const knowledge = new Knowledge({
    ...sources,
    authors: new ThreadAuthors(sources),
    check: (url) => checkRelayUrl(url),
    wait: WAIT_MS,
  });
  return { clock, book, searches, finds, queries, knowledge };
}

Deno.test("Knowledge lookUp() of a thread looks for the event whose author is unknown, and then for the author's list", async () => {
  const { clock, book, searches, finds, knowledge } = start();
  const pending = knowledge.lookUp(threads(POST));
  await clock.advance(1_000);
  assert.deepEqual(searches.map(({ ids, wait }) => [ids, wait]), [[[ID], WAIT_MS]]);
  book.add([{ subject: POST, url: B, author: ALICE, source: "delivered" }]);
  searches[0].found();
  const known = await pending;
  assert.deepEqual(finds.at(-1), { pubkeys: [ALICE], wait: WAIT_MS - 1_000 });
  assert.equal(known.get(POST)?.author, ALICE);
  assert.deepEqual(known.get(ALICE)?.read, [A]);
  assert.deepEqual(known.get(POST)?.hints?.map(({ url, source }) => [url, source]), [
    [B, "author"],
    [B, "delivered"],
  ]);
});

Deno.test("Knowledge lookUp() of a thread looks for no event whose author a hint, the database or its coordinate names", async () => {
  const hinted = start();
  hinted.book.add([{ subject: POST, author: ALICE, source: "tag" }]);
  assert.equal((await hinted.knowledge.lookUp(threads(POST))).get(POST)?.author, ALICE);
  assert.deepEqual(hinted.queries, []);
  assert.deepEqual(hinted.finds[0].pubkeys, [ALICE], "its list is found at once");

  const stored = start({ stored: [draft({ id: ID, pubkey: ALICE })] });
  assert.equal((await stored.knowledge.lookUp(threads(POST))).get(POST)?.author, ALICE);
  assert.deepEqual(stored.queries, [{ ids: [ID], limit: 1 }]);
  await stored.knowledge.lookUp(threads(POST));
  assert.equal(stored.queries.length, 1, "the database is asked once");

  const addressed = start();
  assert.equal((await addressed.knowledge.lookUp(threads(ARTICLE))).get(ARTICLE)?.author, BOB);
  for (const { searches } of [hinted, stored, addressed]) assert.deepEqual(searches, []);
});

Deno.test("Knowledge lookUp() looks for no event that is only asked for by its id", async () => {
  const { searches, queries, knowledge } = start();
  await knowledge.lookUp({ ...threads(POST), threads: undefined });
  assert.deepEqual([searches, queries], [[], []]);
});

Deno.test("Knowledge lookUp() of a thread goes on without an author whom nobody knows, after the waiting time at most", async () => {
  const { clock, knowledge } = start();
  let known: ReadonlyMap<string, unknown> | undefined;
  void knowledge.lookUp(threads(POST)).then((found) => known = found);
  await clock.advance(WAIT_MS - 1);
  assert.equal(known, undefined);
  await clock.advance(1);
  assert.deepEqual(known, new Map());
});

Deno.test("Knowledge lookUp() of a thread survives a database that fails, and reports it", async () => {
  const failure = new Error("The disk is full");
  const { clock, searches, knowledge } = start({ failure });
  const failures: unknown[] = [];
  const pending = knowledge.lookUp(threads(POST), { onFailure: (error) => failures.push(error) });
  await settled();
  searches[0].found();
  await pending;
  assert.deepEqual(failures, [failure]);
  await assert.rejects(knowledge.known(threads(POST)), failure);
  assert.equal(clock.pending, 0);
});

Deno.test("Knowledge lookUp() of a thread that is given up rejects at once with the signal's reason", async () => {
  const { clock, knowledge } = start();
  const controller = new AbortController();
  const pending = knowledge.lookUp(threads(POST), controller);
  await settled();
  controller.abort(new Error("never mind"));
  await assert.rejects(pending, { message: "never mind" });
  assert.equal(clock.pending, 0);
});

Deno.test("Knowledge known() reads who wrote an event from the database, and asks no relay", async () => {
  const { searches, finds, knowledge } = start({ stored: [draft({ id: ID, pubkey: ALICE })] });
  const known = await knowledge.known(threads(POST));
  assert.equal(known.get(POST)?.author, ALICE);
  assert.deepEqual(known.get(ALICE)?.read, [A]);
  assert.deepEqual([searches, finds], [[], []]);
});
