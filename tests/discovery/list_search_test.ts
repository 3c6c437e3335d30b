import fc from "fast-check";
import assert from "node:assert/strict";
import { ListSearch, type Outcome, waitFor } from "../../src/discovery/list_search.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { people, person } from "../support/listed_people.ts";
import { SteadyWork } from "../support/steady_work.ts";

const outcome = fc.constantFrom<Outcome>("complete", "cut", "failed", "abandoned");
const answers = fc.array(fc.record({ outcome, isIndexer: fc.boolean() }), { maxLength: 5 });
const search = (n = 0, hasList = false) => new ListSearch(10002, person(n), hasList);

Deno.test("ListSearch verdict is none after one complete answer of an indexer, or two if two answered", () => {
  fc.assert(fc.property(answers, (answers) => {
    const list = search();
    for (const { outcome, isIndexer } of answers) list.record(outcome, isIndexer);
    const count = (...outcomes: Outcome[]) =>
      answers.filter(({ outcome, isIndexer }) => isIndexer && outcomes.includes(outcome)).length;
    const complete = count("complete");
    const answered = count("complete", "cut", "abandoned");
    const isLost = answers.some(({ outcome }) => outcome === "abandoned");
    const isProven = !isLost && (complete >= 2 || (complete === 1 && answered === 1));
    assert.equal(list.verdict, isProven ? "none" : "unknown");
    list.found = true;
    assert.equal(list.verdict, "found");
  }));
});

Deno.test("ListSearch calls settled once, and over with the verdict", () => {
  const list = search();
  const calls: unknown[] = [];
  list.listeners.add({
    settled: () => calls.push("settled"),
    over: (verdict, { pubkey }) => calls.push([verdict, pubkey]),
  });
  assert.ok(list.isAwaited);
  list.settle();
  list.settle();
  assert.ok(!list.isAwaited);
  list.end("none");
  assert.deepEqual(calls, ["settled", ["none", person(0)]]);
  assert.ok(!search(0, true).isAwaited, "nobody waits for a newer version");
});

Deno.test("waitFor() resolves once all searches are settled, or over if the caller wants the verdicts", async () => {
  for (const onOver of [undefined, () => {}]) {
    const searches = people(2).map((_, n) => search(n));
    let isOver = false;
    const clock = new TestClock();
    const waiting = waitFor(searches, { clock, onOver }).then(() => isOver = true);
    for (const one of searches) one.settle();
    await settled();
    assert.equal(isOver, onOver === undefined);
    const kept = onOver === undefined ? 0 : 1;
    assert.deepEqual(searches.map(({ listeners }) => listeners.size), [kept, kept]);
    for (const one of searches) one.end("found");
    await waiting;
    assert.deepEqual(searches.map(({ listeners }) => listeners.size), [0, 0]);
  }
});

Deno.test("waitFor() waits longer by the time in which the program is behind", async () => {
  for (const [busy, wait] of [[0, 3_000], [0.5, 6_000], [0.75, 12_000]]) {
    const clock = new TestClock();
    const begun = clock.now();
    let overAt = 0;
    const searches = [new ListSearch(10002, "a", false)];
    const workload = new SteadyWork(clock, busy);
    void waitFor(searches, { clock, wait: 3_000, workload }).then(() => overAt = clock.now());
    for (let ms = 0; ms < 15_000; ms += 500) await clock.advance(500);
    assert.ok(Math.abs(overAt - begun - wait) <= 1_000, `${overAt - begun}`);
  }
});

Deno.test("waitFor() ends after `wait` milliseconds, and leaves no timer and no listener", async () => {
  const clock = new TestClock();
  const one = search();
  const waiting = waitFor([one], { clock, wait: 1_000 });
  await clock.advance(1_000);
  await waiting;
  assert.deepEqual([clock.pending, one.listeners.size], [0, 0]);
});

Deno.test("waitFor() rejects with the signal's reason, and counts the caller no longer", async () => {
  const clock = new TestClock();
  const controller = new AbortController();
  const one = search();
  one.callers = 2;
  const waiting = waitFor([one], { clock, wait: 1_000, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.deepEqual([one.callers, clock.pending, one.listeners.size], [1, 0, 0]);
});
