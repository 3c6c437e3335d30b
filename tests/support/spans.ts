/**
 * Answers for tests of spans, and an oracle that remembers each second of each of them.
 *
 * @module
 */

import fc from "fast-check";
import { isEphemeralKind } from "nostr-tools/kinds";
import type { Clock } from "../../src/base/clock.ts";
import type { RecordStore } from "../../src/base/record_store.ts";
import { ANSWER_PROOFS, type AnswerProof } from "../../src/nostr/answer_proof.ts";
import { type AnsweredRange, SpanBook } from "../../src/spans/span_book.ts";
import { START } from "../../testing/test_clock.ts";
import { person } from "./listed_people.ts";
import { A, B } from "./relay_records.ts";

/** Times in seconds. */
export const HOUR_S = 3_600, DAY_S = 24 * HOUR_S;
/** How long before {@link START} relays were asked: never within a day of the end of a span. */
const AGES = [
  0,
  1,
  HOUR_S,
  3 * DAY_S,
  5.9 * DAY_S,
  7 * DAY_S,
  20 * DAY_S,
  28.9 * DAY_S,
  30 * DAY_S,
];
/** The seconds that answers are about: of 1970, and around the times when relays were asked. */
export const SECONDS: readonly number[] = [
  ...Array.from({ length: 14 }, (_, i) => i),
  ...AGES.flatMap((age) =>
    [-50 * HOUR_S - 1, -50 * HOUR_S, -2, -1, 0, 1, 2].map((s) => START - age + s)
  ),
].sort((a, b) => a - b);

const AUTHORS = [person(1), person(2)];
const RELAYS = [A, B];
/** Two kinds, gift wraps, and an ephemeral kind. */
const KINDS = [1, 6, 1059, 20_001];

const kinds = fc.option(fc.subarray(KINDS, { minLength: 1 }), { nil: undefined });

/** Answers, as many as may be. */
export function answers(maxLength: number): fc.Arbitrary<AnsweredRange[]> {
  const answer = fc.record({
    relay: fc.constantFrom(...RELAYS),
    authors: fc.subarray(AUTHORS, { minLength: 1 }),
    kinds,
    since: fc.constantFrom(...SECONDS),
    until: fc.constantFrom(...SECONDS),
    proof: fc.constantFrom(...ANSWER_PROOFS),
    at: fc.constantFrom(...AGES).map((age) => START - age),
    store: fc.constantFrom(undefined, 1, 2),
  }, { noNullPrototype: true });
  return fc.array(answer, { maxLength });
}

/** What may be asked of a book. */
export interface Question {
  readonly author: string;
  readonly relay: string;
  readonly kinds?: number[];
  readonly store?: number;
}

/** Every question. */
export const QUESTIONS: readonly Question[] = AUTHORS.flatMap((author) =>
  RELAYS.flatMap((relay) =>
    [undefined, [1], [6], [1059], [20_001], [1, 6], [1, 1059]].flatMap((kinds) =>
      [undefined, 1].map((store) => ({ author, relay, kinds, store }))
    )
  )
);

/** One second of an answer. */
interface Fact {
  readonly proof: AnswerProof;
  readonly at: number;
}

/** Remembers every second of every answer. */
export class SpanOracle {
  readonly #answers: readonly AnsweredRange[];

  /** @param readAt When it is asked, in Unix seconds. */
  constructor(answers: readonly AnsweredRange[], readAt: number = START) {
    this.#answers = answers.filter((answer) => counts(answer, START) && counts(answer, readAt));
  }

  /** The answers that count for a second, kind by kind. */
  facts({ author, relay, kinds, store }: Question, second: number): Fact[][] {
    return (kinds ?? [undefined]).map((kind) =>
      this.#answers.filter((answer) =>
        answer.authors.includes(author) && answer.relay === relay &&
        (store === undefined || answer.store === store) &&
        (answer.kinds === undefined || kind !== undefined && answer.kinds.includes(kind)) &&
        answer.since <= second && second <= answer.until &&
        second <= answer.at - (kind === 1059 ? 50 * HOUR_S : 0) &&
        !(kind !== undefined && isEphemeralKind(kind))
      )
    );
  }
}

/** Whether an answer counts at a time in Unix seconds: by whole days, from the day it was given. */
function counts({ proof, at }: AnsweredRange, now: number): boolean {
  if (proof === "unknown") return false;
  const days = Math.floor(now / DAY_S) - Math.floor(at / DAY_S);
  return days < (proof === "inferred" ? 7 : 30);
}

/** A book that gets answers at {@link START}, and is read at a time in Unix seconds. */
export function bookOf(
  answers: readonly AnsweredRange[] = [],
  backend?: RecordStore,
  readAt: number = START,
): SpanBook {
  let now = START;
  const clock: Clock = { now: () => now * 1000, after: () => () => {} };
  const onError = (error: Error) => {
    throw error;
  };
  const book = new SpanBook({ clock, backend, onError });
  for (const answer of answers) book.add(answer);
  now = readAt;
  return book;
}
