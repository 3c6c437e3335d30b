import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { quiet } from "../../testing/test_clock.ts";
import { AUTHORS, note } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const filters: NostrFilter[] = AUTHORS.map((author) => ({ authors: [author] }));

Deno.test("RelayQuery takes a NOTICE to be about the REQ that it fits, or about none", async () => {
  for (
    const [words, which] of [
      ["welcome to this relay", []],
      ["error: too many filters, at most 20", [0]],
      ["too many subscriptions", [1]],
      ["restricted: members only", [1]],
      ["could not parse command", [1]],
    ] as const
  ) {
    const test = new QueryTest();
    test.network.fake.learnLimits(RELAY, { maxFilters: 30 });
    test.request(...filters);
    await quiet();
    const reqs = [...test.relay.reqs];
    assert.deepEqual(reqs.map(({ filters }) => filters.length), [30, 10]);
    test.relay.say(["NOTICE", words]);
    await quiet();
    const over = reqs.flatMap(({ isOver }, i) => isOver ? [i] : []);
    assert.deepEqual(over, which, words);
  }
});

Deno.test("RelayQuery takes a NOTICE about filters to be about the REQ with most of them", async () => {
  const test = new QueryTest();
  test.network.fake.learnLimits(RELAY, { maxMessageLength: 3_000 });
  test.request({ authors: [...AUTHORS] }, ...filters.slice(0, 20), {
    authors: [...AUTHORS],
    kinds: [1],
  });
  await quiet();
  const reqs = [...test.relay.reqs];
  assert.deepEqual(reqs.map(({ filters }) => filters.length), [3, 18, 1]);
  test.relay.say(["NOTICE", "error: too many filters"]);
  await quiet();
  assert.deepEqual(reqs.map(({ isOver }) => isOver), [false, true, false]);
});

Deno.test("RelayQuery takes a NOTICE about length to be about the longest REQ of those with most filters", async () => {
  const test = new QueryTest();
  test.network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.request({ authors: AUTHORS.slice(5) }, { authors: [...AUTHORS] }, { authors: [AUTHORS[0]] });
  await quiet();
  const reqs = [...test.relay.reqs];
  assert.equal(reqs.length, 3);
  test.relay.say(["NOTICE", "ERROR: message too large"]);
  await quiet();
  assert.deepEqual(reqs.map(({ isOver }) => isOver), [false, true, false]);
});

Deno.test("RelayQuery takes several NOTICEs at once to be about different REQs", async () => {
  for (const words of ["too many subscriptions", "restricted: members only"]) {
    const test = new QueryTest();
    test.network.fake.learnLimits(RELAY, { maxFilters: 20 });
    test.request(...filters);
    await quiet();
    const reqs = [...test.relay.reqs];
    test.relay.say(["NOTICE", words]);
    test.relay.say(["NOTICE", words]);
    await quiet();
    assert.deepEqual(reqs.map(({ isOver }) => isOver), [true, true]);
  }
});

Deno.test("RelayQuery takes no NOTICE to be about a REQ that has brought events, if another has brought none", async () => {
  for (const words of ["too many subscriptions", "too many filters", "restricted: members only"]) {
    const test = new QueryTest();
    test.network.fake.learnLimits(RELAY, { maxFilters: 20 });
    test.request(...filters);
    await quiet();
    const reqs = [...test.relay.reqs];
    reqs[1].send(note({ pubkey: AUTHORS[30] }));
    await quiet();
    test.relay.say(["NOTICE", words]);
    await quiet();
    assert.deepEqual(reqs.map(({ isOver }) => isOver), [true, false], words);
    if (words !== "restricted: members only") continue;
    test.relay.say(["NOTICE", words]);
    await quiet();
    assert.deepEqual(reqs.map(({ isOver }) => isOver), [true, true]);
  }
});

Deno.test("RelayQuery leaves the REQs of other queries alone that a NOTICE does not refuse", async () => {
  for (
    const [words, which] of [
      ["error: too many filters", 0],
      ["too many subscriptions", 2],
      ["restricted: members only", 2],
    ] as const
  ) {
    const test = new QueryTest();
    test.network.fake.learnLimits(RELAY, { maxFilters: 100 });
    for (const count of [40, 1, 2]) {
      void Promise.allSettled([test.another().requestStored(filters.slice(0, count))]);
    }
    await quiet();
    const reqs = [...test.relay.reqs];
    assert.deepEqual(reqs.map(({ filters }) => filters.length), [40, 1, 2]);
    test.relay.say(["NOTICE", words]);
    await quiet();
    assert.deepEqual(reqs.map(({ isOver }) => isOver), [0, 1, 2].map((i) => i === which), words);
  }
});

Deno.test("RelayQuery leaves a relay alone for as long as it says in a NOTICE", async () => {
  const test = new QueryTest();
  test.request({});
  await quiet();
  test.relay.say(["NOTICE", "rate-limited: retry after 5 s"]);
  await test.network.clock.advance(4_999);
  assert.equal(test.relay.reqs.length, 1);
  await test.network.clock.advance(1);
  assert.equal(test.relay.reqs.length, 2);
});

Deno.test("RelayQuery takes no NOTICE to be about a REQ that has been answered", async () => {
  const test = new QueryTest();
  test.request({});
  await quiet();
  test.relay.last.eose();
  await quiet();
  test.relay.say(["NOTICE", "error: too many filters"]);
  test.relay.say(["NOTICE", "restricted: members only"]);
  await quiet();
  assert.equal(test.outcome, "fine");
  assert.equal(test.endedBy, undefined);
});

Deno.test("RelayQuery fails with the text of a NOTICE that refuses it", async () => {
  const test = new QueryTest();
  test.request({});
  await quiet();
  test.relay.say(["NOTICE", "ERROR: restricted: members only"]);
  await quiet();
  assert.equal((test.outcome as RelayFailureError).reason, "restricted");
  assert.match((test.outcome as RelayFailureError).message, /members only$/);
});
