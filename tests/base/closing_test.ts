import assert from "node:assert/strict";
import { Closing } from "../../src/base/closing.ts";

Deno.test("Closing close() ends what is open, once, and what is opened later at once", () => {
  const ended: string[] = [];
  const closing = new Closing();
  closing.onClose(() => ended.push("first"));
  closing.onClose(() => ended.push("over before"))();
  closing.onClose(() => {
    closing.close();
    ended.push("last");
  });
  assert.equal(closing.isClosed, false);
  closing.close();
  closing.close();
  assert.deepEqual([closing.isClosed, ended], [true, ["first", "last"]]);
  closing.onClose(() => ended.push("late"))();
  assert.deepEqual(ended, ["first", "last", "late"]);
});

Deno.test("Closing error() says what cannot be done and what was closed, and reports the first alone", () => {
  const reported: Error[] = [];
  const closing = new Closing((error) => reported.push(error));
  closing.close();
  assert.deepEqual(reported, []);
  const errors = [closing.error("send a request", "outbox"), closing.error("read", "pool")];
  assert.deepEqual(errors.map(({ message }) => message), [
    "Cannot send a request: the outbox is closed. Create another one",
    "Cannot read: the pool is closed. Create another one",
  ]);
  assert.deepEqual(reported, errors.slice(0, 1));
});
