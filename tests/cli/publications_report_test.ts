import assert from "node:assert/strict";
import {
  isSafe,
  pendingCount,
  publicationsJson,
  publicationsText,
  type PublishedEvent,
} from "../../src/cli/publications_report.ts";
import type { PublicationTarget } from "../../src/ledger/publication.ts";
import { Signer } from "../../testing/signer.ts";
import { PLAIN } from "../support/cli_process.ts";

const event = new Signer(1).sign({ content: "hello\u001b[31m" });
const NOW = 1_700_000_000_000;

const target = (
  relay: string,
  state: PublicationTarget["state"],
  more: Partial<PublicationTarget> = {},
): PublicationTarget => ({ relay, state, why: "own", tries: 1, ...more });

const published: PublishedEvent = {
  event,
  publishedAt: NOW,
  targets: [
    target("wss://a.example/", "taken"),
    target("wss://b.example/", "pending", { nextAt: NOW + 5_000, reason: "no answer" }),
    target("wss://c.example/", "refused", { why: "inbox", reason: "blocked: no" }),
  ],
};

Deno.test("isSafe() counts the author's own relays, and others only where there are none", () => {
  assert.ok(isSafe(published));
  assert.ok(!isSafe({ targets: [target("a", "pending"), target("b", "taken", { why: "inbox" })] }));
  assert.ok(isSafe({ targets: [target("b", "taken", { why: "dm" })] }));
  assert.ok(!isSafe({ targets: [] }));
  assert.equal(pendingCount([published, published]), 2);
});

Deno.test("publicationsText() shows each relay with its state, its reason and when it is next", () => {
  const text = publicationsText([published], NOW, PLAIN);
  assert.match(text, /^note1\w+… kind 1, published 2023-11-14 22:13\n {2}hello\[31m\n/);
  assert.match(text, /^ {2}safe: 1 of 3 relays have it$/m);
  assert.match(text, /^ {2}wss:\/\/a.example\/ +author's list +taken +1$/m);
  assert.match(text, /^ {2}wss:\/\/b.example\/ +author's list +pending +1 +5 s +no answer$/m);
  assert.match(text, /^ {2}wss:\/\/c.example\/ +inbox +refused +1 +blocked: no$/m);
  const nowhere = { ...published, targets: [], refusal: "Cannot publish" };
  assert.match(publicationsText([nowhere], NOW, PLAIN), /\n {2}Cannot publish$/);
  assert.equal(publicationsText([], NOW, PLAIN), "Nothing was published from here.");
});

Deno.test("publicationsJson() adds whether an event is safe, and done", () => {
  const [one] = JSON.parse(publicationsJson([published]));
  assert.deepEqual([one.state, one.safe, one.targets.length], ["pending", true, 3]);
  const done = { ...published, targets: published.targets.slice(0, 1) };
  assert.equal(JSON.parse(publicationsJson([done]))[0].state, "done");
});
