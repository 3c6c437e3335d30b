import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { found, RELAY } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const [ALICE] = AUTHORS;
const toAlice = { tags: [["p", ALICE]] };
const mentions = notes(5, toAlice);
const wraps = notes(5, { ...toAlice, kind: 1059 });
const MIXED: NostrFilter = { kinds: [1, 1059], "#p": [ALICE] };
const isPrivate = ({ filters }: { filters: readonly NostrFilter[] }) =>
  filters.some(({ kinds }) => kinds?.includes(1059));

/**
 * A relay that shows gift wraps to whoever has signed in alone: as strfry will, it refuses a REQ
 * for them, and leaves them out of the answer to any other.
 */
function hiding(visitor: { hasSignedIn: boolean }, cutAt = 500): Script {
  return {
    onReq(req) {
      const isMixed = req.filters.some(({ kinds }) => !kinds?.every((kind) => kind === 1059));
      if (!visitor.hasSignedIn && !isMixed) return req.closed("auth-required: not for you");
      const shown = visitor.hasSignedIn ? [...mentions, ...wraps] : mentions;
      req.send(...found(shown, req.filters, cutAt)).eose();
    },
  };
}

/** Whether part of the answer may be missing. */
const isIncomplete = ({ query }: QueryTest) => [...query.proofs.values()].includes("unknown");

Deno.test("NIP-17, NIP-42: RelayQuery requests gift wraps in a REQ of their own, also of later pages and while live", async () => {
  const test = new QueryTest(hiding({ hasSignedIn: true }, 2));
  test.network.fake.learnLimits(RELAY, { cutAt: 2 });
  test.request({ ...MIXED, since: START - 9_000 });
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(!isIncomplete(test));
  assert.equal(new Set(test.events).size, 10);
  assert.ok(test.relay.reqs.length > 4, "it goes on page by page");
  await test.query.requestLive([MIXED, { kinds: [4], "#p": [ALICE] }], 0);
  assert.equal(test.relay.live.length, 2);
  for (const { filters } of test.relay.reqs) {
    const kinds = filters.flatMap(({ kinds = [] }) => kinds);
    assert.ok(kinds.every((kind) => kind === 1) || !kinds.includes(1), `${kinds}`);
  }
});

Deno.test("NIP-42: RelayQuery goes on where a relay withholds private kinds alone, and is not complete", async () => {
  const errors: RelayFailureError[] = [];
  const test = new QueryTest(hiding({ hasSignedIn: false }), {
    onRelayError: (error) => errors.push(error),
  });
  test.request(MIXED);
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(isIncomplete(test));
  assert.deepEqual(test.events, mentions);
  await test.query.requestLive([MIXED], 0);
  await settled();
  assert.equal(test.endedBy, undefined, "the rest stays open");
  assert.equal(test.relay.live.length, 1);
  assert.deepEqual(test.network.fake.of("failed"), [], "the relay is none the worse for it");
  await test.network.clock.advance(600_000);
  assert.equal(test.endedBy, undefined);
  assert.deepEqual(errors.map(({ reason }) => reason), ["auth-required", "auth-required"]);
  const news = note({ ...toAlice, content: "new" });
  test.relay.live[0].send(news);
  await settled();
  assert.ok(test.events.includes(news));
});

Deno.test("NIP-42: RelayQuery requests withheld events again, some times, and has them once the user has signed in", async () => {
  const visitor = { hasSignedIn: false };
  const test = new QueryTest(hiding(visitor));
  test.request(MIXED);
  await settled();
  await test.network.clock.advance(60_000);
  const refused = test.relay.reqs.filter(isPrivate).length;
  assert.ok(refused >= 2, `${refused} REQs`);
  visitor.hasSignedIn = true;
  await test.network.clock.advance(200_000);
  assert.equal(new Set(test.events).size, 10);

  const never = new QueryTest(hiding({ hasSignedIn: false }));
  never.request(MIXED);
  await settled();
  await never.network.clock.advance(24 * 3_600_000);
  assert.equal(never.relay.reqs.filter(isPrivate).length, 9);
});

Deno.test("NIP-42: RelayQuery that is to stay open ends where a relay refuses public kinds, or private ones for another reason", async () => {
  const refusals: [which: number, words: string, endedBy?: string][] = [
    [0, "auth-required: sign in", "auth-required"],
    [1, "error: tired", "error"],
    [1, "auth-required: sign in"],
    [1, "restricted: not for you"],
  ];
  for (const [which, words, endedBy] of refusals) {
    const test = new QueryTest({});
    const sent = test.query.requestLive([MIXED], 0);
    await settled();
    test.relay.live[1 - which].eose();
    test.relay.live[which].closed(words);
    await sent;
    await settled();
    assert.equal(test.endedBy?.reason, endedBy, words);
  }
});

Deno.test("NIP-42: RelayQuery stops requesting withheld events when it is over", async () => {
  const test = new QueryTest(hiding({ hasSignedIn: false }));
  test.request(MIXED);
  await settled();
  const sent = test.relay.reqs.length;
  test.controller.abort();
  await test.network.clock.advance(3_600_000);
  assert.equal(test.relay.reqs.length, sent);
});

Deno.test("NIP-42: RelayQuery that asks for private kinds alone fails where these are refused", async () => {
  const test = new QueryTest(hiding({ hasSignedIn: false }));
  test.request({ kinds: [1059], "#p": [ALICE] });
  await settled();
  assert.ok(test.outcome !== "fine");
  assert.equal(test.outcome?.reason, "auth-required");
  assert.equal(test.network.fake.of("failed").length, 1);
});
