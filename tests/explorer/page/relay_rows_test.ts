import assert from "node:assert/strict";
import { explorerData } from "../../../src/explorer/explorer_data.ts";
import { ExplorerPlanner } from "../../../src/explorer/explorer_plan.ts";
import { healthDays } from "../../../src/explorer/page/health_days.ts";
import { relayFacts } from "../../../src/explorer/page/relay_facts.ts";
import { relayRows, sortedRows } from "../../../src/explorer/page/relay_rows.ts";
import { explorerWorld } from "../../support/explorer_world.ts";

const data = explorerData(explorerWorld({ follows: 120 }));
const plan = new ExplorerPlanner(data).plan(8);

Deno.test("relayRows() has a row for each relay that is asked, or for all", () => {
  const asked = relayRows(data, plan, false);
  assert.equal(asked.length, plan.relays.length);
  assert.equal(relayRows(data, plan, true).length, data.relays.length);
  for (const { relay, people, alone, listed } of asked) {
    const index = data.relays.indexOf(relay);
    const here = plan.relays.find((it) => it.relay === index)!;
    assert.deepEqual([people, alone], [here.people.length, here.alone]);
    assert.equal(listed, data.people.filter(({ write }) => write?.includes(index)).length);
  }
});

Deno.test("sortedRows() sorts either way, and what is unknown comes last both times", () => {
  const rows = relayRows(data, plan, true);
  const known = rows.filter(({ relay }) => relay.health?.eoseMs !== undefined).length;
  assert.ok(known > 10 && known < rows.length);
  for (const isDescending of [true, false]) {
    const times = sortedRows(rows, "eoseMs", isDescending).map(({ relay }) => relay.health?.eoseMs);
    const sorted = times.slice(0, known).sort((a, b) => isDescending ? b! - a! : a! - b!);
    assert.deepEqual(times.slice(0, known), sorted);
    assert.ok(times.slice(known).every((time) => time === undefined));
  }
  const urls = sortedRows(rows, "url", false).map(({ relay }) => relay.url);
  assert.deepEqual(urls, [...urls].sort());
});

Deno.test("relayFacts() has something to say of every relay", () => {
  for (const relay of data.relays) {
    for (const [name, text] of relayFacts(relay, data.madeAt)) {
      assert.ok(name.length > 0 && text.length > 0);
      assert.doesNotMatch(text, /undefined|NaN|\[object/);
    }
  }
});

Deno.test("healthDays() sums what all relays did, day by day", () => {
  const days = healthDays(data);
  const all = data.relays.flatMap(({ health }) => health?.days ?? []);
  const sum = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  assert.equal(sum(days.map(({ attempts }) => attempts)), sum(all.map(([, attempts]) => attempts)));
  assert.equal(sum(days.map(({ hits }) => hits)), sum(all.map(([, , , hits]) => hits)));
  assert.deepEqual(days.map(({ day }) => day), [...new Set(all.map(([day]) => day))].sort());
});
