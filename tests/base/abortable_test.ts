import assert from "node:assert/strict";
import { abortable, onAbort } from "../../src/base/abortable.ts";
import { CountedController } from "../support/counted_signal.ts";

Deno.test("abortable() settles as the promise does, and removes its listener", async () => {
  const controller = new CountedController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = abortable(promise, controller.signal);
  assert.equal(controller.listeners, 1);
  resolve(7);
  assert.equal(await waiting, 7);
  assert.equal(controller.listeners, 0);

  const failing = abortable(Promise.reject(new Error("broken")), controller.signal);
  await assert.rejects(failing, { message: "broken" });
  assert.equal(controller.listeners, 0);
  assert.equal(await abortable(Promise.resolve(8)), 8);
});

Deno.test("abortable() rejects with the reason when it is aborted, while others still wait", async () => {
  const controller = new CountedController();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const waiting = abortable(promise, controller.signal);
  const patient = abortable(promise, new AbortController().signal);
  controller.abort(new Error("no longer"));
  await assert.rejects(waiting, { message: "no longer" });
  assert.equal(controller.listeners, 0);
  resolve(7);
  assert.equal(await patient, 7);

  // What fails after that fails for nobody.
  const late = new CountedController();
  const other = Promise.withResolvers<number>();
  const given = abortable(other.promise, late.signal);
  late.abort(new Error("no longer"));
  other.reject(new Error("broken"));
  reject(new Error("ignored"));
  await assert.rejects(given, { message: "no longer" });
});

Deno.test("abortable() does not wait if the signal is aborted already", async () => {
  const controller = new CountedController();
  controller.abort(new Error("no longer"));
  const promises = [
    new Promise(() => {}),
    Promise.resolve(7),
    Promise.reject(new Error("nobody hears of it")),
  ];
  for (const promise of promises) {
    await assert.rejects(abortable(promise, controller.signal), { message: "no longer" });
  }
  assert.equal(controller.listeners, 0);
});

Deno.test("onAbort() calls once, and at once if the signal is aborted already", () => {
  const calls: string[] = [];
  const controller = new CountedController();
  onAbort(controller.signal, () => calls.push("later"));
  assert.equal(calls.length, 0);
  controller.abort();
  controller.abort();
  assert.deepEqual(calls, ["later"]);
  assert.equal(controller.listeners, 0);
  onAbort(controller.signal, () => calls.push("now"))();
  assert.deepEqual(calls, ["later", "now"]);
});

Deno.test("onAbort() that is released calls nothing, and a signal may be missing", () => {
  const controller = new CountedController();
  const release = onAbort(controller.signal, () => assert.fail("called"));
  assert.equal(controller.listeners, 1);
  release();
  assert.equal(controller.listeners, 0);
  controller.abort();
  onAbort(undefined, () => assert.fail("called"))();
});
