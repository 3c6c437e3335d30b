import assert from "node:assert/strict";
import { WriteBehind } from "../../src/base/write_behind.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

/** A writer with a delay of five seconds; if `held`, its writes wait for the test. */
function setUp({ held = false, has = (_key: string): boolean => true } = {}) {
  const clock = new TestClock();
  const writes: (readonly string[])[] = [];
  const errors: unknown[] = [];
  const calls: PromiseWithResolvers<void>[] = [];
  const writer = new WriteBehind({
    clock,
    delay: 5_000,
    has,
    async write(keys) {
      writes.push(keys);
      const call = Promise.withResolvers<void>();
      calls.push(call);
      if (!held) call.resolve();
      await call.promise;
    },
    onError: (error) => errors.push(error),
  });
  return { clock, writer, writes, errors, calls };
}

Deno.test("WriteBehind writes changes together, five seconds after the first", async () => {
  const { clock, writer, writes } = setUp();
  writer.mark("a");
  await clock.advance(3_000);
  writer.mark("b");
  writer.mark("a");
  await clock.advance(1_999);
  assert.deepEqual(writes, []);
  await clock.advance(1);
  assert.deepEqual(writes, [["a", "b"]]);
  await clock.advance(60_000);
  assert.equal(writes.length, 1);
  writer.mark("c");
  await clock.advance(5_000);
  assert.deepEqual(writes, [["a", "b"], ["c"]]);
});

Deno.test("WriteBehind sets at most one timer, and none if there is nothing to write", async () => {
  const { clock, writer } = setUp();
  assert.equal(clock.pending, 0);
  for (let i = 0; i < 50; i++) writer.mark(`${i}`);
  assert.equal(clock.pending, 1);
  await clock.advance(5_000);
  assert.equal(clock.pending, 0);
});

Deno.test("WriteBehind flush() writes at once, and cancels the timer", async () => {
  const { clock, writer, writes } = setUp();
  writer.mark("a");
  await writer.flush();
  assert.deepEqual(writes, [["a"]]);
  assert.equal(clock.pending, 0);
  await writer.flush();
  assert.deepEqual(writes, [["a"]], "nothing to write");
});

Deno.test("WriteBehind flush() during a write waits for it, and writes later changes", async () => {
  const { writer, writes, calls } = setUp({ held: true });
  writer.mark("a");
  const first = writer.flush();
  writer.mark("a");
  writer.mark("b");
  let isDone = false;
  const second = writer.flush().then(() => isDone = true);
  const third = writer.flush();
  await settled();
  assert.deepEqual(writes, [["a"]], "one at a time");
  calls[0].resolve();
  await first;
  await settled();
  assert.deepEqual(writes, [["a"], ["a", "b"]]);
  assert.ok(!isDone);
  calls[1].resolve();
  await Promise.all([second, third]);
  assert.equal(writes.length, 2);
});

Deno.test("WriteBehind starts no further write while one hangs", async () => {
  const { clock, writer, writes, calls } = setUp({ held: true });
  for (let i = 0; i < 100; i++) {
    writer.mark("a");
    await clock.advance(5_000);
  }
  assert.equal(writes.length, 1);
  assert.equal(new Set(Array.from({ length: 9 }, () => writer.flush())).size, 1);
  calls[0].resolve();
  await settled();
  assert.deepEqual(writes, [["a"], ["a"]]);
  calls[1].resolve();
  await writer.flush();
});

Deno.test("WriteBehind reports a failed write, and writes its keys with the next change", async () => {
  const { clock, writer, writes, errors, calls } = setUp({ held: true });
  writer.mark("a");
  writer.mark("b");
  const flushed = writer.flush();
  writer.mark("c");
  const disk = new Error("disk full");
  calls[0].reject(disk);
  await flushed;
  assert.deepEqual(errors, [disk]);
  await clock.advance(5_000);
  assert.deepEqual(writes[1].toSorted(), ["a", "b", "c"]);
  calls[1].reject(disk);
  await settled();
  await clock.advance(600_000);
  assert.equal(writes.length, 2, "it is not tried again and again");
  assert.equal(clock.pending, 0);
  writer.mark("d");
  await clock.advance(5_000);
  assert.deepEqual(writes[2].toSorted(), ["a", "b", "c", "d"]);
  calls[2].resolve();
  await settled();
});

Deno.test("WriteBehind does not write keys again that have gone", async () => {
  const { writer, writes, calls } = setUp({ held: true, has: (key) => key !== "b" });
  for (const key of ["a", "b", "c"]) writer.mark(key);
  writer.forget("c");
  writer.forget("never marked");
  const flushed = writer.flush();
  assert.deepEqual(writes[0], ["a", "b"]);
  calls[0].reject(new Error("disk full"));
  await flushed;
  const again = writer.flush();
  assert.deepEqual(writes[1], ["a"]);
  calls[1].resolve();
  await again;
});

Deno.test("WriteBehind close() writes the rest; later changes set no timer", async () => {
  const { clock, writer, writes } = setUp();
  writer.mark("a");
  await writer.close();
  assert.deepEqual(writes, [["a"]]);
  writer.mark("b");
  assert.equal(clock.pending, 0);
  await clock.advance(60_000);
  assert.equal(writes.length, 1);
  await writer.close();
  assert.deepEqual(writes, [["a"], ["b"]], "unless it is asked to");
});

Deno.test("WriteBehind close() waits for a write under way and for changes during it", async () => {
  const { clock, writer, writes, calls } = setUp({ held: true });
  writer.mark("a");
  await clock.advance(5_000);
  writer.mark("b");
  let isClosed = false;
  const closed = writer.close().then(() => isClosed = true);
  assert.equal(clock.pending, 0);
  calls[0].resolve();
  await settled();
  assert.ok(!isClosed);
  assert.deepEqual(writes, [["a"], ["b"]]);
  calls[1].resolve();
  await closed;
});
