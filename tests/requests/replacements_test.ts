import assert from "node:assert/strict";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planRequest } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { planReplacements } from "../../src/requests/replacements.ts";
import { relayList } from "../../testing/memory_source.ts";
import { AUTHORS } from "../support/notes.ts";
import { url } from "../support/scripted_request.ts";

const [ALICE, BOB] = AUTHORS;
const posts = (...authors: string[]) => ({ kinds: [1], authors });

/** A request for Alice and Bob, who are on two relays each, and how far it has come. */
function world(alice: string, bob: string) {
  const list = (pubkey: string, letters: string) =>
    [pubkey, relayList(pubkey, { write: [...letters].map(url) })] as const;
  const lists = new Map([list(ALICE, alice), list(BOB, bob)]);
  const settings = planSettings({ indexerRelays: [] });
  const { assignment, replan } = planRequest(reqParts([posts(ALICE, BOB)]), lists, settings, false);
  const coverage = new Coverage(assignment);
  return {
    lose: (letter: string) => coverage.markLost(assignment.urls.indexOf(url(letter))),
    plan: () => planReplacements(assignment, coverage, replan),
  };
}

Deno.test("planReplacements() plans for subjects that lost all relays, without the lost ones, once", () => {
  const { lose, plan } = world("abc", "abd");
  assert.equal(plan(), undefined);
  lose("a");
  assert.equal(plan(), undefined, "each has another relay");
  lose("b");
  const shares = plan()!;
  assert.deepEqual(
    new Map(shares.routes),
    new Map([[url("c"), [posts(ALICE)]], [url("d"), [posts(BOB)]]]),
  );
  assert.deepEqual(shares.assignment.urls.toSorted(), [url("c"), url("d")]);
  assert.equal(plan(), undefined, "they are being replaced");
});

Deno.test("planReplacements() has nothing for subjects without another relay", () => {
  const { lose, plan } = world("ab", "cd");
  for (const letter of "ab") lose(letter);
  assert.equal(plan(), undefined);
});
