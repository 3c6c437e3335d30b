import fc from "fast-check";
import assert from "node:assert/strict";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planParts } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import type { LiveRow } from "../../src/requests/live_relays.ts";
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

Deno.test("liveShares() makes of all rows of a plan the filters and seats of that plan", () => {
  fc.assert(fc.property(requests, ({ filters, lists, options }) => {
    // Filters that are asked as a whole are not its business, nor is how filters are cut.
    const parts = { ...reqParts(filters), unscoped: [] };
    const indexerRelays = RELAYS.slice(0, 2);
    const settings = planSettings({ ...options, authorsPerFilter: 1_000, indexerRelays });
    const { plan, assignment } = planParts(parts, lists, settings);
    const asked = new Map<string, LiveRow[]>();
    for (const { role, first, end } of assignment.roles) {
      for (let row = first; row < end; row++) {
        for (
          let at = row * assignment.relaysPerSubject;
          at < (row + 1) * assignment.relaysPerSubject;
          at++
        ) {
          if (assignment.relayIndexes[at] < 0) continue;
          const url = assignment.urls[assignment.relayIndexes[at]];
          asked.set(url, [...asked.get(url) ?? [], { role, subject: assignment.subjects[row] }]);
        }
      }
    }
    const shares = liveShares(parts, asked, settings);
    const texts = (routes: ReadonlyMap<string, object[]>) =>
      new Map([...routes].sort().map(([url, filters]) => [url, filters.map(text).sort()]));
    assert.deepEqual(texts(shares.routes), texts(plan.routes));

    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = shares.assignment;
    const seated = new Map<string, LiveRow[]>();
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        for (
          const place of relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)
        ) {
          if (place < 0) continue;
          seated.set(urls[place], [...seated.get(urls[place]) ?? [], {
            role,
            subject: subjects[row],
          }]);
        }
      }
    }
    const rows = (all: ReadonlyMap<string, LiveRow[]>) =>
      new Map(
        [...all].sort().map(([url, rows]) =>
          [url, rows.map(({ role, subject }) => `${role} ${subject}`).sort()] as const
        ),
      );
    assert.deepEqual(rows(seated), rows(asked));
  }));
});

Deno.test("liveShares() leaves what is asked as a whole to others", () => {
  const parts = reqParts([{ "#t": ["x"] }]);
  const asked = new Map([["wss://a.example/", [{ role: "open" as const, subject: "" }]]]);
  const { routes, assignment } = liveShares(parts, asked, planSettings());
  assert.equal(routes.size, 0);
  assert.deepEqual(assignment.subjects, []);
});

Deno.test("liveShares() asks a relay for nobody's profile that it is asked for as an author anyway", () => {
  const [alice, bob] = ["aa".repeat(32), "bb".repeat(32)];
  const parts = reqParts([{ kinds: [0, 1], authors: [alice, bob] }]);
  const rows = (...rows: [LiveRow["role"], string][]) =>
    rows.map(([role, subject]) => ({ role, subject }));
  const asked = new Map([
    ["wss://a.example/", rows(["index", alice], ["index", bob], ["write", alice])],
  ]);
  assert.deepEqual(liveShares(parts, asked, planSettings()).routes.get("wss://a.example/"), [
    { kinds: [0, 1], authors: [alice] },
    { kinds: [0], authors: [bob] },
  ]);
});
