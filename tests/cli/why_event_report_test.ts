import assert from "node:assert/strict";
import fc from "fast-check";
import type { ProbeAnswer } from "../../src/cli/relay_prober.ts";
import { whyEventReport, type WhyEventSource } from "../../src/cli/why_event_report.ts";
import { whyEventText } from "../../src/cli/why_event_text.ts";
import { Signer } from "../../testing/signer.ts";
import { PLAIN } from "../support/cli_process.ts";

const alice = new Signer(1);
const post = alice.sign({ content: "hello" });
const [OWN, INBOX, OTHER] = ["wss://own.example/", "wss://inbox.example/", "wss://other.example/"];

const has = (url: string): ProbeAnswer => ({ url, events: [post], proof: "inferred" });
const lacks = (url: string, proof: ProbeAnswer["proof"] = "finish"): ProbeAnswer => ({
  url,
  events: [],
  proof,
});
const fails = (url: string): ProbeAnswer => ({
  ...lacks(url, "unknown"),
  failure: { reason: "unreachable", text: "nobody there" },
});

/** The report on the post, at relays that answer like this. */
function report(answers: readonly ProbeAnswer[], more: Partial<WhyEventSource> = {}) {
  return whyEventReport({
    filter: { ids: [post.id] },
    author: alice.pubkey,
    hasList: true,
    isUnanswered: false,
    places: new Map([[OWN, ["outbox", "reader"]], [INBOX, ["inbox"]], [OTHER, ["fallback"]]]),
    refused: [],
    answers,
    now: post.created_at + 60,
    ...more,
  });
}

/** The codes of findings of a level. */
function codes({ findings }: ReturnType<typeof report>, level: string): string[] {
  return findings.filter((one) => one.level === level).map(({ code }) => code);
}

Deno.test("whyEventReport() finds nothing wrong with an event that is where it belongs", () => {
  const found = report([has(OWN), has(INBOX), lacks(OTHER)]);
  assert.deepEqual(codes(found, "good"), ["own", "inbox", "reader"]);
  assert.deepEqual(codes(found, "wrong"), []);
  assert.deepEqual(found.relays.map(({ answer }) => answer), ["has", "has", "lacks"]);
});

Deno.test("whyEventReport() says that apps look elsewhere than where an event is", () => {
  const found = report([lacks(OWN), fails(INBOX), has(OTHER)]);
  assert.deepEqual(codes(found, "wrong"), ["own", "reader"]);
  assert.deepEqual(codes(found, "unsure"), ["inbox"]);
  assert.match(found.findings.at(-1)!.text, /asks wss:\/\/own.* none .* has it, but wss:\/\/other/);
});

Deno.test("whyEventReport() tells absence that is proved from an answer that did not come", () => {
  const absent = report([lacks(OWN), lacks(INBOX, "drained"), lacks(OTHER, "inferred")]);
  assert.deepEqual(codes(absent, "wrong"), ["nowhere-found"]);
  assert.match(absent.findings[0].text, /3 relays do not, 2 of them by proof/);
  const open = report([lacks(OWN), lacks(INBOX, "unknown"), fails(OTHER)]);
  assert.deepEqual(codes(open, "wrong"), []);
  assert.match(open.findings[0].text, /2 relays did not answer, and may have it/);
});

Deno.test("whyEventReport() reports deletion by the author alone, expiry, and where nothing goes", () => {
  const request = (signer: Signer, id: string) => signer.sign({ kind: 5, tags: [["e", id]] });
  const answer = (...events: ProbeAnswer["events"]) => ({ ...has(OWN), events: [post, ...events] });
  assert.deepEqual(
    codes(report([answer(request(alice, post.id)), has(INBOX), has(OTHER)]), "wrong"),
    [
      "deleted",
    ],
  );
  for (const other of [request(new Signer(2), post.id), request(alice, "0".repeat(64))]) {
    assert.deepEqual(codes(report([answer(other), has(INBOX), has(OTHER)]), "wrong"), []);
  }
  const short = alice.sign({ tags: [["expiration", `${post.created_at + 9}`]] });
  const expired = report(
    [OWN, INBOX, OTHER].map((url) => ({ ...has(url), events: [short] })),
    { filter: { ids: [short.id] }, refusal: "it must not" },
  );
  assert.deepEqual(codes(expired, "wrong"), ["expired", "nowhere"]);
});

Deno.test("whyEventReport() says that the reader blocks a relay which has the event, and no other", () => {
  const places = new Map(
    [[OWN, ["outbox", "blocked"]], [INBOX, ["reader"]], [OTHER, ["blocked"]]] as const,
  );
  const found = report([has(OWN), has(INBOX), lacks(OTHER)], { places });
  const [blocked] = found.findings.filter(({ code }) => code === "blocked");
  assert.equal(blocked.text, `The user blocks ${OWN} (kind 10006), where it is.`);
  assert.deepEqual(codes(report([lacks(OWN), has(INBOX), lacks(OTHER)], { places }), "unsure"), []);
});

Deno.test("whyEventReport() tells versions of an addressable event apart", () => {
  const [old, young] = [1, 2].map((created_at) =>
    alice.sign({ kind: 30023, created_at, tags: [["d", "x"]] })
  );
  const found = report([
    { ...has(OWN), events: [old] },
    { ...has(INBOX), events: [old, young] },
    lacks(OTHER),
  ], { filter: { kinds: [30023], authors: [alice.pubkey], "#d": ["x"] } });
  assert.equal(found.event?.id, young.id);
  assert.deepEqual(found.relays.map(({ url, answer }) => [url, answer]), [
    [INBOX, "has"],
    [OWN, "older"],
    [OTHER, "lacks"],
  ]);
});

Deno.test("whyEventReport() says that it knows no author, and no list", () => {
  const none = [lacks(OWN), lacks(INBOX), lacks(OTHER)];
  assert.deepEqual(codes(report(none, { author: undefined, hasList: false }), "unsure"), [
    "no-author",
  ]);
  assert.deepEqual(codes(report(none, { hasList: false }), "wrong"), ["nowhere-found", "no-list"]);
});

Deno.test("whyEventReport() accuses nobody of having no list where too few relays answered", () => {
  const offline = report([fails(OWN), fails(INBOX), fails(OTHER)], {
    hasList: false,
    isUnanswered: true,
  });
  assert.deepEqual(codes(offline, "unsure"), ["nowhere-found", "no-list"]);
  assert.deepEqual(codes(offline, "wrong"), []);
});

Deno.test("whyEventReport() calls nothing absent that did not answer, whatever the answers", () => {
  const answer = fc.constantFrom(has, lacks, fails, (url: string) => lacks(url, "unknown"));
  fc.assert(fc.property(answer, answer, answer, (a, b, c) => {
    const answers = [a(OWN), b(INBOX), c(OTHER)];
    const { relays, event } = report(answers);
    assert.equal(relays.length, 3);
    assert.equal(event !== undefined, answers.some(({ events }) => events.length > 0));
    for (const { url, answer } of relays) {
      const { events, proof } = answers.find((one) => one.url === url)!;
      const expected = events.length > 0 ? "has" : proof === "unknown" ? "unknown" : "lacks";
      assert.equal(answer, expected);
    }
  }));
});

Deno.test("whyEventText() shows each relay with its answer, its proof and what went wrong", () => {
  const refused = [{ url: "wss://10.0.0.1/", reason: "local" as const }];
  const text = whyEventText(
    report([has(OWN), lacks(INBOX), fails(OTHER)], { refused }),
    new Map(),
    PLAIN,
  );
  assert.match(text, /^Kind 1 by npub1\w+…, 2023-11-14 22:13\n {2}hello\n/);
  assert.match(text, /^wss:\/\/own.example\/ +has it +author's list, apps ask$/m);
  assert.match(text, /^wss:\/\/inbox.example\/ +lacks it +finish +inbox$/m);
  assert.match(text, /^wss:\/\/other.example\/ +unknown +unknown +fallback +unreachable: nobody/m);
  assert.match(text, /^wss:\/\/10.0.0.1\/ +not asked +author's list +local: not a relay/m);
});
