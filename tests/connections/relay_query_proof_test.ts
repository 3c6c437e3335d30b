import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, notes } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const posts = notes(250, { pubkey: AUTHORS[0] });
const [FEW, MANY] = [AUTHORS[1], AUTHORS[0]]
  .map((author): NostrFilter => ({ kinds: [1], authors: [author], since: START - 5_000 }));

/** What the answers to some filters prove, in their order. */
async function proofs(script: Script, filters: NostrFilter[], known = {}) {
  const test = new QueryTest(script);
  test.network.fake.learnLimits(RELAY, known);
  test.request(...filters);
  await settled();
  return filters.map((filter) => test.query.proofs.get(filter));
}

/** A relay that ends its answers with these hints. */
const hinting = (...hints: string[]): Script => ({
  onReq: (req) => req.send(...found(posts, req.filters)).eose(...hints),
});

Deno.test("RelayQuery proves by finish what the relay says is all, however much it is", async () => {
  assert.deepEqual(await proofs(hinting("finish"), [FEW, MANY]), ["finish", "finish"]);
});

Deno.test("RelayQuery infers that fewer events than the relay is known to send are all", async () => {
  assert.deepEqual(await proofs(holding(posts), [FEW]), ["inferred"]);
  assert.deepEqual(await proofs(holding(posts), [MANY], { cutAt: 500 }), ["inferred"]);
  assert.deepEqual(await proofs(holding(posts, 100), [FEW, MANY]), ["inferred", "inferred"]);
});

Deno.test("RelayQuery proves by drained what a further page could add nothing to", async () => {
  // 250 events may be where the relay cuts; the next page has the oldest of them again.
  assert.deepEqual(await proofs(holding(posts), [MANY, FEW]), ["drained", "inferred"]);
});

Deno.test("RelayQuery proves nothing of what was cut, refused or withheld, and the rest by itself", async () => {
  const limited = { ...MANY, limit: 50 };
  assert.deepEqual(await proofs(holding(posts), [limited, FEW]), ["unknown", "inferred"]);
  const more = { onReq: hinting("more").onReq };
  assert.deepEqual(await proofs(more, [FEW]), ["unknown"]);
  assert.deepEqual(await proofs(hinting("auth"), [FEW]), ["unknown"]);
  assert.deepEqual(await proofs(hinting("finish", "auth"), [MANY]), ["unknown"]);
  assert.deepEqual(await proofs({ onReq: (req) => req.closed("blocked: no") }, [FEW]), ["unknown"]);
  const half: Script = {
    onReq(req) {
      if (req.filters.includes(MANY)) req.closed("error: tired");
      else req.eose("finish");
    },
  };
  assert.deepEqual(await proofs(half, [MANY, FEW], { maxFilters: 1 }), ["unknown", "finish"]);
});

Deno.test("RelayQuery proves nothing of a filter that a page withheld something of", async () => {
  let pages = 0;
  const script: Script = {
    onReq: (req) =>
      req.send(...found(posts, req.filters, 100)).eose(...++pages === 1 ? ["more", "auth"] : []),
  };
  assert.deepEqual(await proofs(script, [MANY]), ["unknown"]);
  assert.ok(pages > 2);
});
