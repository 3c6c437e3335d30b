import fc from "fast-check";
import assert from "node:assert/strict";

const numbers = fc.array(fc.integer());

Deno.test("fc.assert() of a broken law throws the smallest example, awaited or not", async () => {
  const short = (list: readonly number[]) => assert.ok(list.length < 3);
  assert.throws(() => fc.assert(fc.property(numbers, short)), /Counterexample: \[\[0,0,0\]\]/);
  await assert.rejects(
    async () => await fc.assert(fc.asyncProperty(numbers, async (list) => short(await list))),
    /Counterexample: \[\[0,0,0\]\]/,
  );
});

Deno.test("fc.assert() of a law that fails once throws, though the same example holds afterwards", async () => {
  let runs = 0;
  const once = () => assert.notEqual(++runs, 7);
  assert.throws(() => fc.assert(fc.property(numbers, once)), /failed once, not again/);
  runs = 0;
  await assert.rejects(
    async () => await fc.assert(fc.asyncProperty(numbers, async () => await once())),
    /failed once, not again/,
  );
});
