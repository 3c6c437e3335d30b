import fc from "fast-check";
import assert from "node:assert/strict";
import {
  type Backoff,
  BACKOFFS,
  isSameOutage,
  MAX_NAMED_WAIT_MS,
  maxWaitMs,
  outageWaitMs,
  waitMs,
} from "../../src/relays/backoff.ts";
import { HOUR_MS, NOW_MS, SECOND_MS } from "../support/relay_records.ts";
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

/** How a wait grows, as the docs write it. */
function growth({ factor, outageShare }: Backoff): string {
  if (outageShare > 0) return `${100 * outageShare} % of the outage`;
  return factor === 1 ? "-" : `× ${factor}`;
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
    growth(backoff),
    duration(backoff.longestMs),
    backoff.hasJitter ? "yes" : "no",
    backoff.isRemembered ? "yes" : "no",
  ]);
  assert.deepEqual(docsTable("When a relay is tried again"), expected);
});

Deno.test("waitMs() doubles with each failure in a row that is answered with `rate-limited`", () => {
  const waits = [1, 2, 3, 8, 9, 2_000]
    .map((failures) => waitMs(BACKOFFS.rateLimitedReq, failures, even) / SECOND_MS);
  assert.deepEqual(waits, [1, 2, 4, 128, 128, 128]);
});

Deno.test("outageWaitMs() is a tenth of the outage, from a second to half an hour, for a relay that worked before", () => {
  const waits = [-5, 0, 10, 60, 3_600, 18_000, 999_999]
    .map((lasted) => outageWaitMs(BACKOFFS.unusable, lasted * SECOND_MS, even) / SECOND_MS);
  assert.deepEqual(waits, [1, 1, 1, 6, 360, 1_800, 1_800]);
});

Deno.test("outageWaitMs() begins with eight seconds for a relay that never worked", () => {
  const waits = [0, 10, 60, 3_000, 999_999]
    .map((lasted) => outageWaitMs(BACKOFFS.neverWorked, lasted * SECOND_MS, even) / SECOND_MS);
  assert.deepEqual(waits, [8, 8, 36, 1_800, 1_800]);
});

Deno.test("W2: outageWaitMs() is never longer than the outage, unless that is shorter than the first wait", () => {
  const lasted = fc.integer({ min: -HOUR_MS, max: 100 * HOUR_MS });
  fc.assert(fc.property(anyBackoff, lasted, random, (backoff, lasted, value) => {
    const wait = outageWaitMs(backoff, lasted, () => value);
    const first = outageWaitMs(backoff, 0, () => value);
    assert.ok(wait >= first && wait <= Math.max(first, lasted));
    assert.ok(wait <= maxWaitMs(backoff));
    assert.ok(wait <= outageWaitMs(backoff, lasted + SECOND_MS, () => value));
  }));
});

Deno.test("isSameOutage() holds as long as no hour passes between two failures", () => {
  const outage = { outageSince: NOW_MS, lastFailure: NOW_MS + HOUR_MS };
  assert.ok(isSameOutage(outage, NOW_MS + 2 * HOUR_MS));
  assert.ok(!isSameOutage(outage, NOW_MS + 2 * HOUR_MS + 1));
  assert.ok(!isSameOutage({ ...outage, outageSince: 0 }, NOW_MS + HOUR_MS), "there is none");
  // However long a relay is left alone, it is found in the same outage afterwards.
  for (const backoff of backoffs.filter(({ outageShare }) => outageShare > 0)) {
    assert.ok(maxWaitMs(backoff) < HOUR_MS, backoff.reason);
  }
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
