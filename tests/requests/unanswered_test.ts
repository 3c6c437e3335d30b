import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { Answers } from "../../src/requests/unanswered.ts";

const failure = (url: string, reason: RelayFailure) => new RelayFailureError(url, reason, "no");

Deno.test("Answers error() counts relays by reason, names some, and is short for any number of them", () => {
  const answers = new Answers();
  for (let i = 0; i < 20; i++) {
    const url = `wss://${i}.example/`;
    answers.asked(url);
    if (i < 15) answers.failed(url, failure(url, "unreachable"));
    if (i === 15) answers.failed(url, failure(url, "auth-required"));
  }
  assert.equal(answers.isAny, false);
  assert.equal(
    answers.error().message,
    "No relay answered a request: " +
      "15 x unreachable (wss://0.example/ wss://1.example/ wss://2.example/ and 12 more), " +
      '1 x auth-required (wss://15.example/; see option "auth"), ' +
      "4 x no-answer (wss://16.example/ wss://17.example/ wss://18.example/ and 1 more)",
  );
});

Deno.test("Answers names the last failure of a relay, and counts a relay once", () => {
  const answers = new Answers();
  answers.asked("wss://a.example/");
  answers.failed("wss://a.example/", failure("wss://a.example/", "unreachable"));
  answers.asked("wss://a.example/");
  answers.failed("wss://a.example/", undefined);
  answers.failed("wss://a.example/", failure("wss://a.example/", "closed"));
  assert.equal(
    answers.error().message,
    "No relay answered a request: 1 x closed (wss://a.example/)",
  );
  answers.came();
  assert.equal(answers.isAny, true);
});
