import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { PairedVersions } from "../../src/requests/paired_versions.ts";
import { START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";

const profile = note({ kind: 0 }), older = note({ kind: 0, created_at: START - 1 });
const list = note({ kind: 10002 });

Deno.test("PairedVersions agree if both rows have the same newest version of each kind, and any", () => {
  const cases: [NostrEvent[], NostrEvent[], boolean][] = [
    [[profile], [profile], true],
    [[older, profile], [profile, older], true],
    [[profile, list], [list, profile], true],
    [[], [], false],
    [[profile], [], false],
    [[], [profile], false],
    [[profile], [older], false],
    [[profile, list], [profile], false],
    [[profile], [list], false],
  ];
  for (const [one, other, expected] of cases) {
    const versions = new PairedVersions();
    for (const event of one) versions.add(0, event);
    for (const event of other) versions.add(1, event);
    assert.equal(versions.agree(0, 1), expected);
  }
});
