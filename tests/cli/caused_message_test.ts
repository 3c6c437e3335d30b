import assert from "node:assert/strict";
import { causedMessage } from "../../src/cli/caused_message.ts";

Deno.test("causedMessage() says why, as deep as it goes, and nothing twice", () => {
  const locked = new Error("cannot write: it is locked", { cause: new Error("code 5") });
  const cases: [unknown, string][] = [
    ["text", "text"],
    [new Error("Cannot sync"), "Cannot sync"],
    [
      new Error("Cannot sync", { cause: locked }),
      "Cannot sync: cannot write: it is locked: code 5",
    ],
    [
      new Error("Cannot sync: cannot write: it is locked; try again", { cause: locked }),
      "Cannot sync: cannot write: it is locked; try again: code 5",
    ],
    [new Error("Cannot sync", { cause: "no reason" }), "Cannot sync: no reason"],
  ];
  for (const [thrown, message] of cases) assert.equal(causedMessage(thrown), message);
});
