import assert from "node:assert/strict";
import { messageOf } from "../../src/base/message_of.ts";

Deno.test("messageOf() finds words in whatever was thrown", () => {
  assert.equal(messageOf(new Error("broken")), "broken");
  assert.equal(messageOf("broken"), "broken");
  assert.equal(messageOf(undefined), "undefined");
});
