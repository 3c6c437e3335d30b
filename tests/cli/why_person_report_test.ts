import assert from "node:assert/strict";
import type { ProbeAnswer } from "../../src/cli/relay_prober.ts";
import { whyPersonReport, type WhyPersonSource } from "../../src/cli/why_person_report.ts";
import { whyPersonText } from "../../src/cli/why_person_text.ts";
import { Signer } from "../../testing/signer.ts";
import { PLAIN } from "../support/cli_process.ts";

const alice = new Signer(1);
const posts = Array.from({ length: 25 }, (_, i) => alice.sign({ created_at: 1_000 + i }));
const [A, B, C] = ["wss://a.example/", "wss://b.example/", "wss://c.example/"];

function report(answers: readonly ProbeAnswer[], more: Partial<WhyPersonSource> = {}) {
  const places = new Map([[A, ["write", "reader"]], [B, ["write"]], [C, ["fallback"]]] as const);
  return whyPersonReport({
    pubkey: alice.pubkey,
    hasList: true,
    isUnanswered: false,
    refused: [],
    places,
    answers,
    ...more,
  });
}

const answer = (url: string, from: number, to: number): ProbeAnswer => ({
  url,
  events: posts.slice(from, to),
  proof: "inferred",
});

Deno.test("whyPersonReport() compares the newest posts of all relays, not the oldest of one", () => {
  const found = report([answer(A, 5, 25), answer(B, 0, 20), answer(C, 24, 25)]);
  assert.equal(found.posts.length, 20);
  assert.deepEqual(found.relays.map(({ url, held, newest }) => [url, held, newest]), [
    [A, 20, 1_024],
    [B, 15, 1_019],
    [C, 1, 1_024],
  ]);
  assert.deepEqual(found.findings.map(({ level, code }) => [level, code]), [
    ["unsure", "behind"],
    ["good", "reader"],
  ]);
  assert.match(
    found.findings[0].text,
    /b.example\/ of their list lacks 5 of their newest 20 posts/,
  );
});

Deno.test("whyPersonReport() says what an app misses that asks where the lists say", () => {
  const found = report([answer(A, 0, 3), answer(B, 0, 3), answer(C, 0, 5)]);
  assert.match(found.findings.at(-1)!.text, /asks wss:\/\/a.example\/, and finds 3 of .* 5 posts/);
  assert.equal(found.findings.at(-1)!.level, "wrong");
});

Deno.test("whyPersonReport() reports relays that fail, entries that are none, and a missing list", () => {
  const failure = { reason: "unreachable", text: "nobody there" } as const;
  const failed: ProbeAnswer = { ...answer(A, 0, 0), proof: "unknown", failure };
  const refused = [{ url: "ws://10.0.0.1", reason: "local" as const }];
  const found = report([failed, answer(C, 0, 0)], { refused });
  const codes = found.findings.map(({ code }) => code);
  assert.deepEqual(codes, ["unreachable", "refused", "no-posts"]);
  assert.equal(report([answer(C, 0, 1)], { hasList: false }).findings[0].code, "no-list");
  const offline = report([failed], { hasList: false, isUnanswered: true, places: new Map() });
  assert.deepEqual(offline.findings.map(({ level, code }) => `${level} ${code}`), [
    "unsure no-list",
    "unsure no-posts",
  ]);
  const text = whyPersonText(found, new Map([[alice.pubkey, "Alice"]]), PLAIN);
  assert.match(text, /^Where the newest 0 posts of Alice are$/m);
  assert.match(
    text,
    /^wss:\/\/a.example\/ +- +unknown +their list, apps ask +unreachable: nobody/m,
  );
});
