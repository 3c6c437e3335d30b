import assert from "node:assert/strict";
import { parseGroupAddress } from "../../src/hints/group_address.ts";

Deno.test("NIP-29: parseGroupAddress() reads the host and the id of a group", () => {
  const addresses: [text: string, url: string, id: string][] = [
    ["groups.example'cats", "wss://groups.example/", "cats"],
    [" Groups.EXAMPLE'aB_9\n", "wss://groups.example/", "aB_9"],
    ["wss://groups.example'_", "wss://groups.example/", "_"],
    ["wss://groups.example/'cats", "wss://groups.example/", "cats"],
    ["localhost:7777'cats", "wss://localhost:7777/", "cats"],
    ["ws://localhost'cats", "ws://localhost/", "cats"],
  ];
  for (const [text, url, id] of addresses) assert.deepEqual(parseGroupAddress(text), { url, id });
});

Deno.test("NIP-29: parseGroupAddress() reads nothing that has another form", () => {
  const texts = [
    "",
    "it's",
    "'cats",
    "groups.example'",
    "groups.example",
    "groups.example'a'b",
    "see groups.example'cats",
    "groups.example'two words",
    "alice@groups.example'cats",
    "https://groups.example'cats",
    `groups.example'${"x".repeat(101)}`,
    `${"a.".repeat(50_000)}'x`,
  ];
  for (const text of texts) assert.equal(parseGroupAddress(text), undefined, text);
});
