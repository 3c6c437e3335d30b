import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint } from "../../src/hints/hint.ts";
import {
  type HintMarks,
  hintWeight,
  isMoreTrusted,
  isVouchedFor,
} from "../../src/hints/hint_weight.ts";
import type { HintSource } from "../../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import { hint, person, relay, setUp } from "../support/hint_set_up.ts";
import { DAY_MS, RecordMap } from "../support/relay_records.ts";

const MAX = 6;
const PER_SUBJECT = 3;

/** A model in the plainest way: arrays that are searched and sorted. */
class Oracle {
  /** The entries that were changed last are at the end. */
  entries: { key: string; relays: [string, HintMarks][]; author?: [string, HintSource] }[] = [];
  requested: string[] = [];

  request(key: string): void {
    if (key.startsWith("id:")) return;
    this.requested = [...this.requested.filter((other) => other !== key), key].slice(-MAX / 2);
  }

  add({ subject: key, url, source, author }: Hint, seen: number, now: number): void {
    if (source === "hand") this.request(key);
    const before = this.entries.find((entry) => entry.key === key) ?? { key, relays: [] };
    if (url === undefined) {
      const isAuthor = author !== undefined && key.startsWith("id:") &&
        (!before.author || isMoreTrusted(source, before.author[1]));
      if (isAuthor) this.#set({ ...before, author: [author, source] });
      return;
    }
    const [, marks = {}] = before.relays.find(([other]) => other === url) ?? [];
    const isNew = marks[source] === undefined || seen >= marks[source] + 86_400;
    const isAuthor = author !== undefined && key.startsWith("id:") &&
      (!before.author || isMoreTrusted(source, before.author[1]));
    if (!isNew && !isAuthor) return;
    const marked = { ...marks, [source]: Math.max(seen, marks[source] ?? 0) };
    const others = before.relays.filter(([other]) => other !== url);
    let relays: [string, HintMarks][] = [...others, [url, marked]];
    if (relays.length > PER_SUBJECT) {
      const [gone] = relays
        .filter(([other, marks]) => other === url || !isVouchedFor(marks, source, now))
        .sort(([a, m], [b, n]) =>
          hintWeight(m, now) - hintWeight(n, now) || (a === url ? -1 : b === url ? 1 : 0) ||
          (a > b ? -1 : 1)
        );
      if (gone[0] === url) return;
      relays = relays.filter((relay) => relay !== gone);
    }
    const after = { key, relays, author: isAuthor ? [author, source] as const : before.author };
    this.#set(after as typeof before);
  }

  #set(after: Oracle["entries"][number]): void {
    this.entries = [...this.entries.filter((entry) => entry.key !== after.key), after];
    if (this.entries.length <= MAX) return;
    for (;;) {
      const oldest = this.entries.shift()!;
      if (!this.requested.includes(oldest.key)) return;
      this.entries.push(oldest);
    }
  }

  get(key: string, now: number): [string, string][] {
    const relays = this.entries.find((entry) => entry.key === key)?.relays ?? [];
    return relays.map(([url, marks]): [string, number] => [url, hintWeight(marks, now)])
      .sort(([a, v], [b, w]) => w - v || (a < b ? -1 : 1))
      .map(([url, weight]) => [url, weight.toFixed(9)]);
  }
}

const keys = [
  ...[1, 2, 3, 4, 5, 6].map(person),
  ...[1, 2].map((n) => subjectKey("id", person(n))),
  ...["cats", "dogs"].map((id) => subjectKey("group", id)),
];
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("add" as const),
      about: fc.constantFrom(...keys),
      n: fc.nat(5),
      source: fc.constantFrom<HintSource>("hand", "nip05", "follows", "tag", "delivered"),
      author: fc.constantFrom(undefined, person(1), person(2)),
      age: fc.constantFrom(0, 0, 1, 100, 400),
      isAuthorAlone: fc.constantFrom(false, false, false, true),
    }),
  },
  fc.record({ what: fc.constant("get" as const), about: fc.constantFrom(...keys) }),
  fc.record({ what: fc.constant("pass" as const), days: fc.constantFrom(0.4, 1, 30, 800) }),
);

Deno.test("HintBook agrees with a plain model, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80, size: "max" }),
      fc.boolean(),
      async (steps, restarts) => {
        const backend = new RecordMap();
        const oracle = new Oracle();
        const { book: first, clock, errors } = setUp({
          backend,
          max: MAX,
          perSubject: PER_SUBJECT,
        });
        let book = first;
        await clock.advance(500 * DAY_MS);
        await book.ready();
        for (const step of steps) {
          const now = Math.floor(clock.now() / 1000);
          if (step.what === "pass") await clock.advance(step.days * DAY_MS);
          else if (step.what === "get") {
            oracle.request(step.about);
            book.get(step.about);
          } else {
            const seen = now - step.age * 86_400;
            const whole = { ...hint(step.about, relay(step.n), step.source), author: step.author };
            const { url: _, ...alone } = whole;
            const added: Hint = step.isAuthorAlone ? alone : whole;
            oracle.add(added, seen, now);
            book.add([added], seen);
          }
          assert.equal(keys.filter((key) => book.has(key)).length, oracle.entries.length);
        }
        await book.close();
        assert.deepEqual(errors, []);
        if (restarts) {
          book = setUp({ backend, clock, max: MAX, perSubject: PER_SUBJECT }).book;
          await book.ready();
        }
        const now = Math.floor(clock.now() / 1000);
        for (const key of keys) {
          const got = book.get(key).map(({ url, weight }) => [url, weight.toFixed(9)]);
          assert.deepEqual(got, oracle.get(key, now), key);
          const entry = oracle.entries.find((entry) => entry.key === key);
          assert.equal(book.authorOf(key), entry?.author?.[0]);
          assert.equal(book.has(key), entry !== undefined);
        }
      },
    ),
    { numRuns: 400 },
  );
});
