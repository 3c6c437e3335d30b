import fc from "fast-check";
import assert from "node:assert/strict";
import { type Assignment, roleOf } from "../../src/plan/assignment.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planParts } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import type { LiveSubject } from "../../src/requests/live_assignment.ts";
import { liveShares } from "../../src/requests/live_shares.ts";
import { RELAYS, requests } from "../support/requests.ts";

/** A filter in an order in which equal ones are the same text. */
const text = (filter: object) =>
  JSON.stringify(
    Object.entries(filter).map((
      [key, value],
    ) => [key, Array.isArray(value) ? value.toSorted() : value])
      .sort(),
  );

/** The subjects of each relay of an assignment. */
function subjectsByRelay(assignment: Assignment): Map<string, LiveSubject[]> {
  const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
  const found = new Map<string, LiveSubject[]>();
  subjects.forEach((subject, row) => {
    const indexes = relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject);
    for (const index of indexes) {
      if (index < 0) continue;
      const url = urls[index];
      found.set(url, [...found.get(url) ?? [], { role: roleOf(roles, row), subject }]);
    }
  });
  return found;
}

Deno.test("liveShares() makes the filters and the assignment of a plan from all of its subjects", () => {
  fc.assert(fc.property(requests, ({ filters, lists, options }) => {
    // Unscoped filters are left out, and how filters are cut is tested elsewhere.
    const parts = { ...reqParts(filters), unscoped: [] };
    const indexerRelays = RELAYS.slice(0, 2);
    const settings = planSettings({ ...options, authorsPerFilter: 1_000, indexerRelays });
    const { plan, assignment } = planParts(parts, lists, settings);
    const asked = subjectsByRelay(assignment);
    const shares = liveShares(parts, asked, settings);
    const texts = (routes: ReadonlyMap<string, object[]>) =>
      new Map([...routes].sort().map(([url, filters]) => [url, filters.map(text).sort()]));
    assert.deepEqual(texts(shares.routes), texts(plan.routes));

    const rows = (all: ReadonlyMap<string, LiveSubject[]>) =>
      new Map(
        [...all].sort().map(([url, rows]) =>
          [url, rows.map(({ role, subject }) => `${role} ${subject}`).sort()] as const
        ),
      );
    assert.deepEqual(rows(subjectsByRelay(shares.assignment)), rows(asked));
  }));
});

Deno.test("liveShares() leaves out unscoped filters", () => {
  const parts = reqParts([{ "#t": ["x"] }]);
  const asked = new Map([["wss://a.example/", [{ role: "unscoped" as const, subject: "" }]]]);
  const { routes, assignment } = liveShares(parts, asked, planSettings());
  assert.equal(routes.size, 0);
  assert.deepEqual(assignment.subjects, []);
});

Deno.test("liveShares() asks a relay once for a person as an author, and not for the profile besides", () => {
  const [alice, bob] = ["aa".repeat(32), "bb".repeat(32)];
  const parts = reqParts([{ kinds: [0, 1], authors: [alice, bob] }]);
  const rows = (...rows: [LiveSubject["role"], string][]) =>
    rows.map(([role, subject]) => ({ role, subject }));
  const asked = new Map([
    ["wss://a.example/", rows(["index", alice], ["index", bob], ["write", alice])],
  ]);
  assert.deepEqual(liveShares(parts, asked, planSettings()).routes.get("wss://a.example/"), [
    { kinds: [0, 1], authors: [alice] },
    { kinds: [0], authors: [bob] },
  ]);
});
