import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { checkReport } from "../../src/cli/check_report.ts";
import type { CheckSource } from "../../src/cli/check_source.ts";
import { checkText } from "../../src/cli/check_text.ts";
import type { ProbeAnswer } from "../../src/cli/relay_prober.ts";
import { Signer } from "../../testing/signer.ts";
import { PLAIN } from "../support/cli_process.ts";

const alice = new Signer(1);
const NOW = 1_700_000_000;
const [INDEXER, INDEXER2, A, B] = ["indexer", "indexer2", "a", "b"].map((name) =>
  `wss://${name}.example/`
);
const list = alice.relayList({ both: [A, B] });
const messages = alice.sign({ kind: 10050, tags: [["relay", A]] });
const failure = { reason: "unreachable", text: "nobody there" } as const;

const answer = (url: string, ...events: NostrEvent[]): ProbeAnswer => ({
  url,
  events,
  proof: "inferred",
});

/** The report where each relay answers with these events. */
function report(answers: readonly ProbeAnswer[], more: Partial<CheckSource> = {}) {
  const newest = new Map<number, NostrEvent>();
  for (const event of answers.flatMap(({ events }) => events)) {
    if (event.created_at >= (newest.get(event.kind)?.created_at ?? 0)) {
      newest.set(event.kind, event);
    }
  }
  return checkReport({
    pubkey: alice.pubkey,
    newest,
    answers: new Map(answers.map((one) => [one.url, one])),
    indexers: [INDEXER],
    planOptions: { indexerRelays: [], fallbackRelays: [] },
    infos: new Map(),
    now: NOW,
    ...more,
  });
}

const whole = [INDEXER, A, B].map((url) => answer(url, list, messages));

/** The codes of what is not good. */
function faults({ findings }: ReturnType<typeof report>): string[] {
  return findings.filter(({ level }) => level !== "good").map(({ level, code }) =>
    `${level} ${code}`
  );
}

Deno.test("checkReport() finds nothing wrong with lists that are short, alike and reachable", () => {
  const found = report(whole);
  assert.deepEqual(faults(found), []);
  const uses = found.findings.filter(({ code }) => ["posts", "replies", "messages"].includes(code));
  assert.deepEqual(uses.map(({ text }) => text), [
    `Others look for the posts at ${A}, ${B}.`,
    `Replies and mentions go to ${A}, ${B}.`,
    `Private messages go to ${A}.`,
  ]);
});

Deno.test("checkReport() says that there is no list, or one that counts as none", () => {
  assert.deepEqual(faults(report([answer(INDEXER)])), ["wrong no-list", "unsure no-messages"]);
  const short = alice.relayList({}, { tags: [["r", A], ["expiration", `${NOW - 1}`]] });
  assert.equal(faults(report([answer(INDEXER, short)]))[0], "wrong expired");
  const future = alice.relayList({ both: [A, B] }, { created_at: NOW + 7_200 });
  assert.equal(faults(report([answer(INDEXER, future)]))[0], "wrong future");
});

Deno.test("checkReport() wants 2 to 4 relays of each side, and 1 to 3 for messages", () => {
  const urls = (count: number) => Array.from({ length: count }, (_, i) => `wss://r${i}.example/`);
  const sizes = (write: number, read: number, dm: number) => {
    const events = [
      alice.relayList({ write: urls(write), read: urls(read) }),
      alice.sign({ kind: 10050, tags: urls(dm).map((url) => ["relay", url]) }),
    ];
    const all = [INDEXER, ...urls(9)].map((url) => answer(url, ...events));
    return faults(report(all)).filter((text) => text.endsWith("size"));
  };
  assert.deepEqual(sizes(2, 4, 3), []);
  assert.deepEqual(sizes(1, 5, 4), [
    "unsure write-size",
    "unsure read-size",
    "unsure messages-size",
  ]);
  assert.deepEqual(sizes(0, 2, 1), ["wrong write-size"]);
});

Deno.test("checkReport() reports each relay that fails, refuses, walls itself in, or is none", () => {
  const { events } = whole[0];
  const failed: ProbeAnswer = { url: A, events: [], proof: "unknown", failure };
  assert.deepEqual(faults(report([whole[0], failed, whole[2]])), ["wrong unreachable"]);
  const wall = { reason: "auth-required", text: "sign in" } as const;
  const walled: ProbeAnswer = { ...failed, failure: wall };
  assert.deepEqual(faults(report([whole[0], walled, whole[2]])), ["wrong walled"]);
  const junk = alice.relayList({ both: [A, B, "ws://10.0.0.1"] });
  const known = [INDEXER, A, B].map((url) => answer(url, junk, messages));
  assert.deepEqual(faults(report(known)), ["wrong refused"]);
  const limits = { paymentRequired: true, authRequired: true };
  assert.deepEqual(faults(report(whole, { infos: new Map([[A, { limits }]]) })), [
    "unsure paid-inbox",
    "unsure sign-in",
  ]);
  assert.equal(events.length, 2);
});

Deno.test("checkReport() reports who does not take the list, and counts who does as having it", () => {
  const blocked = { reason: "blocked", text: "not from you" } as const;
  const offers = new Map([[A, undefined], [B, blocked]]);
  const found = report([whole[0], answer(A), answer(B)], { offers });
  assert.deepEqual(faults(found), ["wrong not-accepting", "wrong relay-list-write-relays"]);
  assert.match(
    found.findings.find(({ code }) => code === "relay-list-write-relays")!.text,
    /at 1 of 2/,
  );
  const all = new Map([[A, undefined], [B, undefined]]);
  // Only the relay list was sent.
  const oldMessages = alice.sign({ kind: 10050, tags: [["relay", B]], created_at: 1 });
  const half = [whole[0], whole[1], answer(B, oldMessages)];
  assert.deepEqual(faults(report(half, { offers: all })), [
    "unsure list-of-relays-for-messages-write-relays",
  ]);
  assert.deepEqual(faults(report([whole[0], answer(A), answer(B)], { offers: all })), []);
});

Deno.test("checkReport() compares copies: old ones at own relays and none at indexers are wrong", () => {
  const old = alice.relayList({ both: [B] }, { created_at: 1 });
  const stale = report([whole[0], whole[1], answer(B, old, messages)]);
  assert.deepEqual(faults(stale), ["wrong relay-list-write-relays"]);
  assert.match(
    stale.findings.find(({ code }) => code === "relay-list-write-relays")!.text,
    /b.example\/ has an older one/,
  );
  const hidden = report([answer(INDEXER), whole[1], whole[2]]);
  assert.deepEqual(faults(hidden), [
    "wrong relay-list-indexers",
    "wrong list-of-relays-for-messages-indexers",
  ]);
  // Two indexers that have the newest are enough.
  const indexers = [INDEXER, INDEXER2, "wss://third.example/"];
  const one = [indexers[0], A, B].map((url) => answer(url, list, messages));
  const others = indexers.slice(1).map((url) => answer(url));
  assert.deepEqual(faults(report([...one, ...others], { indexers })), [
    "wrong relay-list-indexers",
    "unsure list-of-relays-for-messages-indexers",
  ]);
  const some = [...indexers.slice(0, 2), A, B].map((url) => answer(url, list, messages));
  assert.deepEqual(faults(report([...some, answer(indexers[2])], { indexers })), [
    "unsure relay-list-indexers",
    "unsure list-of-relays-for-messages-indexers",
  ]);
});

Deno.test("checkText() shows relays, findings with what to do, and how many things are wrong", () => {
  const failed: ProbeAnswer = { url: A, events: [], proof: "unknown", failure };
  const text = checkText(report([whole[0], failed, whole[2]]), new Map(), PLAIN);
  assert.match(text, /^wss:\/\/a.example\/ +write, read, messages +unreachable +nobody there$/m);
  assert.match(
    text,
    /^✗ wss:\/\/a.example\/ does not answer \(unreachable\): nobody there\.\n {2}→ /m,
  );
  assert.match(text, /\n1 thing is wrong\.$/);
  assert.match(checkText(report(whole), new Map(), PLAIN), /\nNothing is wrong\.$/);
});
