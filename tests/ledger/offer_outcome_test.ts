import assert from "node:assert/strict";
import { isUrgent, offerOutcome } from "../../src/ledger/offer_outcome.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { note } from "../support/notes.ts";

const A = "wss://a.example/";
const CONTEXT = { event: note(), tries: 0, now: 0, random: () => 0.5, isOnce: false };
const failed = (reason: RelayFailure, words = "words") =>
  new RelayFailureError(A, reason, words, { cause: new Error(words) });
const typeOf = (reason: RelayFailure, context = CONTEXT) =>
  offerOutcome(failed(reason), context).type;

Deno.test("NIP-01: offerOutcome() takes refusals about the event for final, duplicate for taken, others for passing", () => {
  for (
    const reason of ["blocked", "invalid", "pow", "mute", "restricted", "unsupported"] as const
  ) {
    assert.equal(typeOf(reason), "refused", reason);
  }
  for (const reason of ["rate-limited", "error"] as const) {
    assert.equal(typeOf(reason), "postponed");
  }
  assert.equal(typeOf("duplicate"), "taken");
  assert.equal(typeOf("blocked-by-user"), "gone");
  for (const reason of ["unreachable", "no-ok", "disconnected", "connect-timeout"] as const) {
    assert.equal(typeOf(reason), "unreachable", reason);
  }
});

Deno.test("NIP-42: offerOutcome() waits for a sign-in where the relay wants one", () => {
  assert.equal(typeOf("auth-required"), "sign-in");
});

Deno.test("offerOutcome() takes a refusal without a prefix for final the third time", () => {
  const types = [0, 1, 2].map((tries) => typeOf("closed", { ...CONTEXT, tries }));
  assert.deepEqual(types, ["postponed", "postponed", "refused"]);
});

Deno.test("offerOutcome() has the relay's own word, or else what went wrong", () => {
  const reasonOf = (error: unknown) => (offerOutcome(error, CONTEXT) as { reason: string }).reason;
  assert.equal(reasonOf(failed("blocked", "blocked: not you")), "blocked: not you");
  assert.equal(reasonOf(new RelayFailureError(A, "no-ok", "no OK within 8 s")), "no OK within 8 s");
  const inner = new RelayFailureError(A, "unreachable", "code 1006");
  assert.equal(
    reasonOf(new RelayFailureError(A, "unreachable", "later", { cause: inner })),
    "code 1006",
  );
  assert.equal(reasonOf(new Error("closed")), "closed");
});

Deno.test("offerOutcome() pauses from seconds to an hour, as long as the relay says, and less for deletions", () => {
  const pause = (words: string, tries: number, kind = 1) => {
    const outcome = offerOutcome(failed("error", words), {
      ...CONTEXT,
      tries,
      event: note({ kind }),
    });
    return (outcome as { nextAt: number }).nextAt / 1000;
  };
  assert.deepEqual([0, 1, 5, 20].map((tries) => pause("error: busy", tries)), [10, 20, 320, 2_400]);
  assert.deepEqual([0, 1, 20].map((tries) => pause("error: busy", tries, 5)), [5, 10, 240]);
  assert.equal(pause("error: try again in 7 min", 5), 420);
});

Deno.test("offerOutcome() gives up what is offered once, unless it is taken or refused", () => {
  const once = { ...CONTEXT, isOnce: true };
  assert.equal(typeOf("unreachable", once), "given-up");
  assert.equal(typeOf("auth-required", once), "given-up");
  assert.equal(typeOf("duplicate", once), "taken");
  assert.equal(typeOf("blocked", once), "refused");
});

Deno.test("isUrgent() holds for deletions and requests to vanish", () => {
  assert.deepEqual([1, 5, 62].map((kind) => isUrgent({ kind })), [false, true, true]);
});
