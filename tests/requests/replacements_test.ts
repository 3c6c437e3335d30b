import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planRequest } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { LiveAssignment } from "../../src/requests/live_assignment.ts";
import { liveShares } from "../../src/requests/live_shares.ts";
import { RelaysInUse } from "../../src/requests/relays_in_use.ts";
import { planReplacements } from "../../src/requests/replacements.ts";
import { relayList } from "../../testing/memory_source.ts";
import { AUTHORS, note } from "../support/notes.ts";
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
    plan() {
      const all = planReplacements(assignment, coverage, replan);
      assert.ok(all.length < 2);
      return all.at(0);
    },
    /** What it plans while these relays are asked, of so many that may be; a letter each. */
    planWithin(max: number, asked: string) {
      const inUse = new RelaysInUse(max);
      for (const letter of asked) inUse.add(url(letter), { subjects: () => [] });
      return planReplacements(assignment, coverage, replan, inUse)
        .flatMap(({ routes }) => [...routes.keys()].map((url) => url[6])).sort().join("");
    },
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

Deno.test("R3: planReplacements() takes relays that are asked anyway where there is no room for others, and first where there is little", () => {
  for (
    const [max, asked, expected] of [[9, "c", "cd"], [3, "cxy", "c"], [4, "cxy", "cd"], [
      3,
      "xyz",
      "",
    ]]
  ) {
    const { lose, planWithin } = world("abc", "abd");
    for (const letter of "ab") lose(letter);
    assert.equal(planWithin(max as number, asked as string), expected, `${max} ${asked}`);
  }
});

Deno.test("planReplacements() takes another relay besides one that is asked anyway, as far as there is room", () => {
  for (const [max, expected] of [[2, "c"], [3, "cd"]] as const) {
    const { lose, planWithin } = world("abcd", "ab");
    for (const letter of "ab") lose(letter);
    assert.equal(planWithin(max, "cx"), expected);
  }
});

Deno.test("planReplacements() has nothing for subjects without another relay", () => {
  const { lose, plan } = world("ab", "cd");
  for (const letter of "ab") lose(letter);
  assert.equal(plan(), undefined);
});

Deno.test("planReplacements() asks the next hint where the first is lost and the fallback relay had nothing", () => {
  const hints = [..."pqr"].map((letter, i) => ({
    url: url(letter),
    weight: 1 / (i + 1),
    source: "tag" as const,
  }));
  const known = new Map<string, RelayKnowledge>([
    [ALICE, { hints }],
    [BOB, { write: [url("a"), url("p")] }],
  ]);
  const settings = planSettings({ indexerRelays: [], fallbackRelays: [url("h")] });
  const filters = [posts(ALICE, BOB)];
  const { assignment, replan } = planRequest(reqParts(filters), known, settings, false);
  const coverage = new Coverage(assignment);
  const at = (letter: string) => assignment.urls.indexOf(url(letter));
  assert.deepEqual(assignment.urls.toSorted(), ["a", "h", "p"].map(url));
  const plan = () =>
    planReplacements(assignment, coverage, replan).map(({ routes }) => [...routes]);
  coverage.markLost(at("p"));
  assert.deepEqual(plan(), [], "the fallback relay may still answer");
  coverage.settle(at("h"), { answered: true, proof: "finish" });
  coverage.markLost(at("a"));
  assert.deepEqual(plan(), [
    [[url("h"), [posts(BOB)]]],
    [[url("q"), [posts(ALICE)]], [url("r"), [posts(ALICE)]]],
  ]);
  assert.deepEqual(plan(), []);
});

Deno.test("planReplacements() asks no other hint where the fallback relay had something", () => {
  const hints = ["p", "q"].map((letter) => ({
    url: url(letter),
    weight: 1,
    source: "tag" as const,
  }));
  const settings = planSettings({ indexerRelays: [], fallbackRelays: [url("h")] });
  const known = new Map<string, RelayKnowledge>([[ALICE, { hints }]]);
  const { assignment, replan } = planRequest(reqParts([posts(ALICE)]), known, settings, false);
  const coverage = new Coverage(assignment);
  const at = (letter: string) => assignment.urls.indexOf(url(letter));
  coverage.saw(at("h"), note({ pubkey: ALICE }), true);
  coverage.settle(at("h"), { answered: true, proof: "finish" });
  coverage.markLost(at("p"));
  assert.deepEqual(planReplacements(assignment, coverage, replan), []);
});

Deno.test("planReplacements() replaces nothing where a relay of the author's own list answered, be it a fallback relay, too", () => {
  const known = new Map<string, RelayKnowledge>([[ALICE, { write: ["h", "p", "q"].map(url) }]]);
  const settings = planSettings({
    indexerRelays: [],
    fallbackRelays: [url("h")],
    weight: (at) => at === url("q") ? 0.1 : 1,
  });
  const planned = planRequest(reqParts([posts(ALICE)]), known, settings, false);
  const { input: { parts }, replan } = planned;
  const asked = new LiveAssignment(planned.assignment).asked;
  const live = liveShares(parts, asked, settings, known).assignment;
  for (const assignment of [planned.assignment, live]) {
    assert.deepEqual(assignment.urls.toSorted(), ["h", "p"].map(url));
    const coverage = new Coverage(assignment);
    coverage.settle(assignment.urls.indexOf(url("h")), { answered: true, proof: "finish" });
    coverage.markLost(assignment.urls.indexOf(url("p")));
    assert.deepEqual(planReplacements(assignment, coverage, replan), []);
    coverage.markLost(assignment.urls.indexOf(url("h")));
    const [{ routes }] = planReplacements(assignment, coverage, replan);
    assert.deepEqual([...routes.keys()], [url("q")]);
  }
});
