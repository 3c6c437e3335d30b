import fc from "fast-check";
import assert from "node:assert/strict";
import { isOpenTarget, newTarget, type PublicationRecord } from "../../src/ledger/publication.ts";
import {
  changedPublication,
  type OfferOutcome,
  type PublicationChange,
} from "../../src/ledger/publication_change.ts";
import { note } from "../support/notes.ts";

const RELAYS = ["wss://a.example/", "wss://b.example/", "wss://c.example/"];
const EMPTY: PublicationRecord = {
  event: note(),
  at: 0,
  until: 1_000,
  targets: RELAYS.slice(0, 2).map((relay) => newTarget({ relay, why: "own" }, 0)),
};

const failure = "error" as const;
const anyOutcome: fc.Arbitrary<OfferOutcome> = fc.constantFrom<OfferOutcome>(
  { type: "taken" },
  { type: "refused", failure, reason: "no" },
  { type: "postponed", failure, reason: "later", nextAt: 5 },
  { type: "sign-in", failure, reason: "who", nextAt: 5 },
  { type: "unreachable", failure, reason: "away" },
  { type: "gone", reason: "blocked" },
  { type: "given-up", reason: "once" },
);
const anyChange: fc.Arbitrary<PublicationChange> = fc.oneof(
  fc.record({
    type: fc.constant("offered" as const),
    relay: fc.constantFrom(...RELAYS),
    outcome: anyOutcome,
  }),
  fc.constantFrom<PublicationChange>(
    { type: "added", targets: RELAYS.map((relay) => ({ relay, why: "inbox" })), now: 3 },
    { type: "given-up", reason: "dropped" },
    { type: "gone", reason: "unlisted", relays: (url) => url === RELAYS[0] },
    { type: "passed", now: 999, reason: "too long" },
    { type: "passed", now: 1_000, reason: "too long" },
    { type: "retried", now: 7, until: 2_000 },
  ),
);

Deno.test("changedPublication() never loses what a relay took, nor a relay, and has a reason for each end", () => {
  fc.assert(fc.property(fc.array(anyChange, { maxLength: 20 }), (changes) => {
    let record = EMPTY;
    for (const change of changes) {
      const before = record;
      const frozen = structuredClone(before);
      record = changedPublication(before, change);
      assert.deepEqual(before, frozen, "an input was changed");
      for (const { relay, state, tries } of before.targets) {
        const after = record.targets.find((target) => target.relay === relay)!;
        if (state === "taken") assert.equal(after.state, "taken");
        assert.ok(after.tries >= tries);
      }
      for (const target of record.targets) {
        assert.equal(target.nextAt !== undefined, isOpenTarget(target), JSON.stringify(target));
        if (!isOpenTarget(target) && target.state !== "taken") assert.ok(target.reason);
      }
    }
  }));
});

Deno.test("changedPublication() returns the same object where nothing changes", () => {
  const none: PublicationChange = { type: "passed", now: 999, reason: "too long" };
  assert.equal(changedPublication(EMPTY, none), EMPTY);
  const known: PublicationChange = { type: "added", targets: [EMPTY.targets[0]], now: 1 };
  assert.equal(changedPublication(EMPTY, known), EMPTY);
});

Deno.test("changedPublication() takes an OK that comes after the event was given up, and no further try of what was taken", () => {
  const [{ relay }] = EMPTY.targets;
  const dropped = changedPublication(EMPTY, { type: "given-up", reason: "dropped" });
  const taken: PublicationChange = { type: "offered", relay, outcome: { type: "taken" } };
  const late = changedPublication(dropped, taken);
  assert.equal(late.targets[0].state, "taken");
  assert.equal(late.targets[0].reason, undefined);
  assert.equal(changedPublication(late, taken), late);
});
