import fc from "fast-check";
import assert from "node:assert/strict";
import {
  type Backoff,
  BACKOFFS,
  MAX_NAMED_WAIT_MS,
  maxWaitMs,
  waitMs,
} from "../../src/relays/backoff.ts";
import { ROOT } from "../support/source_files.ts";

const even = () => 0.5;
const backoffs: Backoff[] = Object.values(BACKOFFS);
const anyBackoff = fc.constantFrom(...backoffs);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const UNITS = [["day", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]] as const;

/** A time as the docs write it: in the largest unit that gives a whole number. */
function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0) ?? ["ms", 1];
  return `${ms / size} ${unit}${unit === "day" && ms > size ? "s" : ""}`;
}

/** The cells of the first table below a heading of docs/reliability.md, without its head. */
function docsTable(heading: string): string[][] {
  const docs = Deno.readTextFileSync(new URL("docs/reliability.md", ROOT));
  const [table] = /^\|.*\n(?:\|.*\n)+/m.exec(docs.split(`\n## ${heading}\n`)[1])!;
  return table.trimEnd().split("\n").slice(2).map((row) =>
    row.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

Deno.test("BACKOFFS are the table of docs/reliability.md", () => {
  const expected = backoffs.map((backoff) => [
    backoff.reason,
    duration(backoff.firstMs),
    backoff.factor === 1 ? "-" : String(backoff.factor),
    duration(backoff.longestMs),
    backoff.hasJitter ? "yes" : "no",
    backoff.isRemembered ? "yes" : "no",
  ]);
  assert.deepEqual(docsTable("When a relay is tried again"), expected);
});

Deno.test("waitMs() doubles from a second to half an hour for a relay that worked before", () => {
  const waits = [1, 2, 3, 4, 11, 12, 50, 2_000]
    .map((failures) => waitMs(BACKOFFS.unusable, failures, even) / 1_000);
  assert.deepEqual(waits, [1, 2, 4, 8, 1024, 1800, 1800, 1800]);
});

Deno.test("waitMs() begins with eight seconds for a relay that never worked", () => {
  const waits = [1, 2, 8, 9, 2_000]
    .map((failures) => waitMs(BACKOFFS.neverWorked, failures, even) / 1_000);
  assert.deepEqual(waits, [8, 16, 1024, 1800, 1800]);
});

Deno.test("waitMs() grows with the failures, from the first wait to the longest", () => {
  fc.assert(fc.property(anyBackoff, fc.integer({ min: -5, max: 2_000 }), (backoff, failures) => {
    const wait = waitMs(backoff, failures, even);
    assert.ok(wait <= waitMs(backoff, failures + 1, even));
    assert.ok(wait >= backoff.firstMs && wait <= backoff.longestMs);
    if (failures <= 1) assert.equal(wait, backoff.firstMs);
  }));
});

Deno.test("waitMs() varies by a half either way where there is jitter, and not at all elsewhere", () => {
  fc.assert(
    fc.property(
      anyBackoff,
      fc.integer({ min: 1, max: 100 }),
      random,
      (backoff, failures, value) => {
        const wait = waitMs(backoff, failures, () => value);
        const factor = backoff.hasJitter ? 0.5 + value : 1;
        assert.equal(wait, waitMs(backoff, failures, even) * factor);
        assert.ok(wait <= maxWaitMs(backoff));
      },
    ),
  );
});

Deno.test("MAX_NAMED_WAIT_MS is the longest wait that docs/reliability.md lets a relay name", () => {
  const docs = Deno.readTextFileSync(new URL("docs/reliability.md", ROOT)).replaceAll(/\s+/g, " ");
  assert.ok(docs.includes(`for as long as the relay says, up to ${duration(MAX_NAMED_WAIT_MS)}`));
});
