import assert from "node:assert/strict";
import { markOutage, oncePerOutage, outageOf } from "../../src/base/outage.ts";

Deno.test("outageOf() finds the outage of an error, or of one of its causes", () => {
  const outage = { since: 1 };
  const error = markOutage(new Error("no answer"), outage);
  const outer = new Error("no lists", { cause: new Error("no query", { cause: error }) });
  assert.equal(outageOf(outer), outage);
  assert.equal(outageOf(new Error("another")), undefined);
  assert.equal(outageOf("no error"), undefined);
  const loop = new Error("loop");
  loop.cause = loop;
  assert.equal(outageOf(loop), undefined);
  assert.equal(markOutage("disk full", outage), "disk full");
});

Deno.test("oncePerOutage() passes on the first error of each outage, and all others", () => {
  const reported: string[] = [];
  const onError = oncePerOutage(({ message }) => reported.push(message));
  const [first, second] = [{ since: 1 }, { since: 2 }];
  onError(markOutage(new Error("a"), first));
  onError(new Error("b", { cause: markOutage(new Error("inner"), first) }));
  onError(new Error("c"));
  onError(new Error("c"));
  onError(markOutage(new Error("d"), second));
  onError(markOutage(new Error("e"), first));
  assert.deepEqual(reported, ["a", "c", "c", "d"]);
});
