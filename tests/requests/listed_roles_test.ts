import assert from "node:assert/strict";
import { changedRoles, isListedRole } from "../../src/requests/listed_roles.ts";

const [A, B] = ["wss://a.example/", "wss://b.example/"];

Deno.test("changedRoles() names the roles whose list has other relays than before", () => {
  const before = { write: [A, B], read: [A], dm: [B] };
  assert.deepEqual(changedRoles({ write: [B, A], read: [B] }, before), ["read"]);
  assert.deepEqual(changedRoles({ write: [A], dm: [], private: [A] }, before), [
    "write",
    "dm",
    "private",
  ]);
  assert.deepEqual(changedRoles({ write: [A] }), ["write"]);
  assert.deepEqual(changedRoles({ hints: [] }, before), []);
});

Deno.test("isListedRole() holds for roles whose relays people list, and for no other", () => {
  for (const role of ["write", "read", "dm", "private"] as const) assert.ok(isListedRole(role));
  for (const role of ["index", "id", "group"] as const) assert.ok(!isListedRole(role));
});
