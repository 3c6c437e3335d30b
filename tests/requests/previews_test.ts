import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { previewListener, Previews } from "../../src/requests/previews.ts";
import { Answers } from "../../src/requests/unanswered.ts";

const A = "wss://a.example/";

Deno.test("Previews give each event out once that came by them alone", () => {
  const previews = new Previews();
  previews.begin(new Set([A]));
  assert.deepEqual([...previews.urls], [A]);
  previews.add("one");
  assert.equal(previews.take("one"), true);
  assert.equal(previews.take("one"), false);
  assert.equal(previews.take("two"), false);
});

Deno.test("previewListener() lets a relay go once it has answered or failed, and not before", () => {
  for (const answered of [true, false]) {
    const answers = new Answers();
    answers.asked(A);
    let ends = 0;
    const listener = previewListener(A, () => {}, answers, () => ends++);
    listener.late();
    listener.lost();
    assert.equal(ends, 0);
    const error = answered ? undefined : new RelayFailureError(A, "error", "it broke");
    listener.settled({ answered, proof: "unknown", error });
    assert.equal(ends, 1);
    assert.equal(answers.isAny, answered);
    assert.match(answers.error().message, answered ? /no-answer/ : /1 x error/);
  }
});
