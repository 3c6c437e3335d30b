import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";

Deno.test("systemClock sets no timer beyond the machine's maximum, which would run at once", () => {
  const { setTimeout } = globalThis;
  const set: unknown[] = [];
  const fake = (_run: unknown, ms: unknown) => set.push(ms);
  globalThis.setTimeout = fake as unknown as typeof setTimeout;
  try {
    for (const ms of [0, 5_000, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      systemClock.after(ms, () => {});
    }
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(set, [0, 5_000, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]);
});
