import assert from "node:assert/strict";
import { deletionTargets } from "../../src/nostr/deletion_targets.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;

Deno.test("NIP-09: deletionTargets() reads ids, and addresses of the same author alone", () => {
  const tags = [
    ["e", BOB],
    ["e", ""],
    ["e"],
    ["p", ALICE],
    ["a", `10002:${ALICE}:`],
    ["a", `30023:${ALICE}:a:b\nc`],
    ["a", `30023:${ALICE}:`],
    ["a", `10002:${BOB}:`],
    [],
  ];
  assert.deepEqual(deletionTargets({ pubkey: ALICE, tags }), {
    ids: [BOB],
    addresses: [
      { kind: 10002, pubkey: ALICE, d: "" },
      { kind: 30023, pubkey: ALICE, d: "a:b\nc" },
      { kind: 30023, pubkey: ALICE, d: "" },
    ],
  });
});

Deno.test("NIP-09: deletionTargets() takes nothing for an address that is none", () => {
  const values = [
    undefined,
    "",
    ALICE,
    `1:${ALICE}:`,
    `10002:${ALICE}`,
    `10002:${ALICE}:x`,
    `010002:${ALICE}:`,
    `10002:${ALICE.toUpperCase()}:`,
    ` 10002:${ALICE}:`,
    `x:${ALICE}:`,
  ];
  const tags = values.map((value) => ["a", value] as string[]);
  assert.deepEqual(deletionTargets({ pubkey: ALICE, tags }).addresses, []);
});
