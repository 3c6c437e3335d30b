import fc from "fast-check";
import assert from "node:assert/strict";
import { ANSWER_PROOFS } from "../../src/nostr/answer_proof.ts";
import type { AnsweredRange, SpanBook } from "../../src/spans/span_book.ts";
import { START } from "../../testing/test_clock.ts";
import { RecordMap } from "../support/relay_records.ts";
import {
  answers,
  bookOf,
  DAY_S,
  type Question,
  QUESTIONS,
  SECONDS,
  SpanOracle,
} from "../support/spans.ts";

function ask(book: SpanBook, { author, relay, kinds, store }: Question) {
  return book.get(author, relay, kinds, { store });
}

/** So few answers never exceed the bounds. */
const FEW = 2;

function checkSound(book: SpanBook, some: readonly AnsweredRange[]): void {
  const oracle = new SpanOracle(some);
  for (const question of QUESTIONS) {
    for (const { since, until, proof, seenAt, store } of ask(book, question)) {
      for (const second of SECONDS.filter((second) => since <= second && second <= until)) {
        for (const facts of oracle.facts(question, second)) {
          const isSeen = facts.some((fact) =>
            ANSWER_PROOFS.indexOf(fact.proof) <= ANSWER_PROOFS.indexOf(proof) &&
            seenAt <= fact.at && (store === undefined || "store" in fact && fact.store === store)
          );
          assert.ok(isSeen, `${JSON.stringify(question)} ${second} ${proof} ${seenAt}`);
        }
      }
    }
  }
}

Deno.test("SpanBook never claims a second that no answer covered, nor a better proof or a later day", () => {
  fc.assert(fc.property(answers(12), (some) => checkSound(bookOf(some), some)));
});

Deno.test("SpanBook claims every second of the answers that count, then and later", () => {
  const days = fc.constantFrom(0, 1, 6, 8, 22, 29);
  fc.assert(fc.property(answers(FEW), days, (some, days) => {
    const readAt = START + days * DAY_S;
    const [book, oracle] = [bookOf(some, undefined, readAt), new SpanOracle(some, readAt)];
    for (const question of QUESTIONS) {
      const spans = ask(book, question);
      for (const second of SECONDS) {
        const claimed = spans.some(({ since, until }) => since <= second && second <= until);
        const isComplete = oracle.facts(question, second).every((facts) => facts.length > 0);
        assert.equal(claimed, isComplete, `${JSON.stringify(question)} ${second}`);
      }
    }
  }));
});

Deno.test("SpanBook get() gives spans newest first, apart, and of whole days", () => {
  fc.assert(fc.property(answers(12), (some) => {
    const book = bookOf(some);
    for (const question of QUESTIONS) {
      const spans = ask(book, question);
      for (const [i, { since, until, seenAt }] of spans.entries()) {
        assert.ok(0 <= since && since <= until && seenAt % DAY_S === 0);
        if (i > 0) assert.ok(until < spans[i - 1].since - 1);
        if (question.store !== undefined) assert.equal(spans[i].store, question.store);
      }
    }
  }));
});

Deno.test("SpanBook is the same, whatever the order of answers within its bounds", async () => {
  const one = fc.tuple(answers(FEW), answers(FEW)).map(([some, others]) => {
    // Answers about other authors or relays share no bound.
    const [a, b] = [some, others].map((list, i) =>
      list.map((answer) => ({ ...answer, authors: answer.authors.slice(i, i + 1) }))
    );
    return [...a, ...b];
  });
  await fc.assert(fc.asyncProperty(
    one.chain((some) =>
      fc.tuple(
        fc.constant(some),
        fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length }),
      )
    ),
    async ([some, shuffled]) => {
      assert.deepEqual(await textsOf(shuffled), await textsOf(some));
    },
  ));
});

/** What a book of some answers, and of these again, writes. */
async function textsOf(some: readonly AnsweredRange[]): Promise<[string, string][]> {
  const backend = new RecordMap();
  const book = bookOf([...some, ...some], backend);
  await book.close();
  return [...backend.records].sort();
}

Deno.test("SpanBook comes back from its records as it was", async () => {
  await fc.assert(fc.asyncProperty(answers(12), async (some) => {
    const backend = new RecordMap();
    const before = bookOf(some, backend);
    before.markStore(1, ["0".repeat(64)]);
    await before.close();
    const written = [...backend.records];
    const after = bookOf([], backend);
    await after.ready();
    for (const question of QUESTIONS) {
      assert.deepEqual(ask(after, question), ask(before, question));
      assert.deepEqual(after.relaysOf(question.author), before.relaysOf(question.author));
    }
    assert.deepEqual(after.storeMarks(), before.storeMarks());
    await after.close();
    assert.deepEqual([...backend.records], written);
  }));
});

Deno.test("SpanBook keeps answers from before its records were read beside them", async () => {
  await fc.assert(fc.asyncProperty(answers(FEW - 1), answers(1), async (some, more) => {
    const backend = new RecordMap();
    await bookOf(some, backend).close();
    const book = bookOf(more, backend);
    await book.ready();
    const both = bookOf([...some, ...more]);
    for (const question of QUESTIONS) assert.deepEqual(ask(book, question), ask(both, question));
    await book.close();
  }));
});
