import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { monitorFactors, readMonitorReports } from "../../src/relays/monitor_reports.ts";

const NOW = 1_780_000_000;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const [ANN, BEN, CAT, EVE] = ["aa", "bb", "cc", "ee"].map((byte) => byte.repeat(32));
const MONITORS = [ANN, BEN];

/** Relays that everybody agrees on. */
const NETWORK = Array.from({ length: 200 }, (_, i) => `wss://relay${i}.example/`);
const DEAD = "wss://dead.example/";

function report(pubkey: string, url: string, created_at = NOW - HOUR_S): NostrEvent {
  return {
    id: "",
    sig: "",
    kind: 30166,
    pubkey,
    created_at,
    content: "{}",
    tags: [["n", "clearnet"], ["d", url], ["rtt-open", "234"], ["d", "wss://second.example/"]],
  };
}

function reports(pubkey: string, urls: readonly string[], created_at?: number): NostrEvent[] {
  return urls.map((url) => report(pubkey, url, created_at));
}

function announcement(pubkey: string, frequency: string, created_at = NOW - DAY_S): NostrEvent {
  const tags = [["timeout", "open", "5000"], ["frequency", frequency], ["c", "ws"]];
  return { id: "", sig: "", kind: 10166, pubkey, created_at, content: "", tags };
}

/** What becomes of one relay, where there are `NETWORK`'s relays besides. */
function factorOf(events: NostrEvent[], url = DEAD, monitors: readonly string[] = MONITORS) {
  const liveness = readMonitorReports(events, { monitors, now: NOW });
  return monitorFactors(liveness, [...NETWORK, url].map((url) => [url, 1])).get(url);
}

const BOTH = [...reports(ANN, NETWORK), ...reports(BEN, NETWORK)];

Deno.test("NIP-66: monitorFactors() lower a relay that neither of two monitors reports, but not to 0", () => {
  const liveness = readMonitorReports(BOTH, { monitors: MONITORS, now: NOW });
  assert.deepEqual(liveness.witnesses, MONITORS);
  const factors = monitorFactors(liveness, [[DEAD, 1], [NETWORK[0], 1], [NETWORK[1], 5]]);
  assert.deepEqual([...factors], [[DEAD, 0.3], [NETWORK[0], 1], [NETWORK[1], 1]]);
  const mild = monitorFactors(liveness, [[DEAD, 1], [NETWORK[0], 1]], { factor: 0.9 });
  assert.equal(mild.get(DEAD), 0.9);
});

Deno.test("NIP-66: monitorFactors() say nothing of any relay without reports", () => {
  for (const monitors of [[], [ANN], MONITORS]) {
    const liveness = readMonitorReports([], { monitors, now: NOW });
    assert.deepEqual(monitorFactors(liveness, [[DEAD, 1]]), new Map());
  }
});

Deno.test("NIP-66: readMonitorReports() trusts no single monitor, however much it reports", () => {
  assert.equal(factorOf(reports(ANN, NETWORK)), undefined);
  assert.equal(factorOf(BOTH, DEAD, [ANN, ANN]), undefined);
  // The other one reports nothing, little, or something else.
  const others = [
    reports(BEN, NETWORK.slice(0, 99)),
    reports(BEN, NETWORK, NOW - 2 * DAY_S),
    reports(BEN, NETWORK.map((url) => url.replace("relay", "fake"))),
  ];
  for (const other of others) {
    assert.equal(factorOf([...reports(ANN, NETWORK), ...other]), undefined);
  }
});

Deno.test("readMonitorReports() takes a relay for alive by one report of any monitor that the app names", () => {
  assert.equal(factorOf([...BOTH, report(BEN, DEAD)]), 1);
  assert.equal(factorOf([...BOTH, report(CAT, DEAD)], DEAD, [...MONITORS, CAT]), 1);
});

Deno.test("readMonitorReports() ignores events of others, and of other kinds", () => {
  const forged = [...BOTH, ...reports(EVE, [DEAD, ...NETWORK]), announcement(EVE, "604800")];
  assert.equal(factorOf(forged), 0.3);
  assert.equal(factorOf([...reports(ANN, NETWORK), ...reports(EVE, NETWORK)]), undefined);
  assert.equal(factorOf([...BOTH, { ...report(ANN, DEAD), kind: 30002 }]), 0.3);
});

Deno.test("readMonitorReports() takes two monitors for witnesses if each has seen half of what the other has, and 100 relays", () => {
  const witnesses = (ann: readonly string[], ben: readonly string[], more: NostrEvent[] = []) =>
    readMonitorReports([...reports(ANN, ann), ...reports(BEN, ben), ...more], {
      monitors: [CAT, ANN, BEN],
      now: NOW,
    }).witnesses;
  assert.deepEqual(witnesses(NETWORK, NETWORK.slice(0, 100)), MONITORS);
  assert.deepEqual(witnesses(NETWORK.slice(0, 100), NETWORK), MONITORS);
  assert.deepEqual(witnesses(NETWORK, NETWORK.slice(0, 99)), []);
  assert.deepEqual(witnesses(NETWORK.slice(0, 100), NETWORK.slice(0, 100)), MONITORS);
  assert.deepEqual(witnesses(NETWORK.slice(0, 99), NETWORK.slice(0, 99)), []);
  assert.deepEqual(witnesses(NETWORK.slice(0, 100), NETWORK.slice(0, 99)), []);
  assert.deepEqual(witnesses(NETWORK.slice(0, 120), NETWORK.slice(60, 180)), MONITORS);
  assert.deepEqual(witnesses(NETWORK.slice(0, 120), NETWORK.slice(61, 181)), []);
  // A third that makes up relays neither helps nor hinders.
  const madeUp = Array.from({ length: 2000 }, (_, i) => `wss://made-up${i}.example/`);
  assert.deepEqual(witnesses(NETWORK, NETWORK, reports(CAT, madeUp)), MONITORS);
  assert.deepEqual(witnesses(NETWORK, NETWORK, reports(CAT, [...NETWORK, ...madeUp])), MONITORS);
});

Deno.test("readMonitorReports() has no witnesses if a relay sent only the newest few hundred reports", () => {
  const network = Array.from({ length: 800 }, (_, i) => `wss://relay${i}.example/`);
  const at = (i: number, step: number) => NOW - HOUR_S + (i * step) % HOUR_S;
  const all = [
    ...network.map((url, i) => report(ANN, url, at(i, 1009))),
    ...network.map((url, i) => report(BEN, url, at(i, 2003))),
  ];
  const newest = all.toSorted((a, b) => b.created_at - a.created_at).slice(0, 500);
  const relays = network.map((url): [string, number] => [url, 1]);
  const factorsOf = (events: NostrEvent[]) =>
    monitorFactors(readMonitorReports(events, { monitors: MONITORS, now: NOW }), relays);
  assert.equal(factorsOf(all).size, 800);
  assert.equal(factorsOf(newest).size, 0);
});

Deno.test("readMonitorReports() believes a report for a day, or for three periods of its monitor, at most a week", () => {
  const at = (age: number, ...more: NostrEvent[]) =>
    factorOf([...BOTH, report(ANN, DEAD, NOW - age), ...more]);
  assert.equal(at(DAY_S), 1);
  assert.equal(at(DAY_S + 1), 0.3);
  for (
    const [frequency, window] of [["3600", DAY_S], ["86400", 3 * DAY_S], [
      "999999",
      7 * DAY_S,
    ]] as const
  ) {
    assert.equal(at(window, announcement(ANN, frequency)), 1);
    assert.equal(at(window + 1, announcement(ANN, frequency)), 0.3);
  }
  for (const junk of ["", "x", "-5", "0", "NaN", "1e-9"]) {
    assert.equal(at(DAY_S, announcement(ANN, junk)), 1);
    assert.equal(at(DAY_S + 1, announcement(ANN, junk)), 0.3);
  }
  // The newest announcement counts, and only for its monitor.
  const old = announcement(ANN, "86400", NOW - 9 * DAY_S);
  assert.equal(at(DAY_S + 1, old, announcement(ANN, "3600")), 0.3);
  assert.equal(at(DAY_S + 1, announcement(ANN, "3600"), old), 0.3);
  assert.equal(at(DAY_S + 1, announcement(BEN, "86400")), 0.3);
});

Deno.test("readMonitorReports() ignores reports from the future, but lets clocks differ by minutes", () => {
  assert.equal(factorOf([...BOTH, report(ANN, DEAD, NOW + 900)]), 1);
  assert.equal(factorOf([...BOTH, report(ANN, DEAD, NOW + 901)]), 0.3);
  assert.equal(factorOf([...BOTH, report(ANN, DEAD, NaN)]), 0.3);
});

Deno.test("readMonitorReports() normalizes URLs, and ignores what names no relay", () => {
  for (
    const spelled of ["wss://dead.example", "WSS://Dead.Example:443//", " wss://dead.example. "]
  ) {
    assert.equal(factorOf([...BOTH, report(ANN, spelled)]), 1, spelled);
  }
  const junk = ["", "quote", ANN, "https://dead.example", "wss://dead.example wss://b.example"];
  for (const url of junk) assert.equal(factorOf([...BOTH, report(ANN, url)]), 0.3, url);
  assert.equal(factorOf([...BOTH, { ...report(ANN, DEAD), tags: [["d"], []] }]), 0.3);
});

Deno.test("monitorFactors() say nothing of relays that monitors cannot reach", () => {
  for (
    const url of [
      "wss://abcdef.onion/",
      "ws://abcdef.onion/",
      "wss://192.168.1.2/",
      "ws://a.example/",
    ]
  ) {
    assert.equal(factorOf(BOTH, url), undefined);
  }
});

Deno.test("NIP-66: monitorFactors() are dropped if they would lower the relays of too large a share of users", () => {
  const liveness = readMonitorReports(BOTH, { monitors: MONITORS, now: NOW });
  const at = (dead: number, alive: number, maxShare?: number) =>
    monitorFactors(liveness, [[DEAD, dead], [NETWORK[0], alive]], { maxShare }).get(DEAD);
  assert.equal(at(50, 50), 0.3);
  assert.equal(at(51, 50), undefined);
  assert.equal(at(3, 1, 0.75), 0.3);
  assert.equal(at(4, 1, 0.75), undefined);
  assert.equal(at(4, 1, 1), 0.3);
  assert.equal(at(1, 1000, 0), undefined);
  // Those that nothing can be said of do not count.
  const onions: [string, number][] = [["wss://abcdef.onion/", 1000], [DEAD, 51], [NETWORK[0], 50]];
  assert.deepEqual(monitorFactors(liveness, onions), new Map());
});

Deno.test("monitorFactors() lower most relays of a network like the real one, but not those of most users", () => {
  // Deaths by rank, Zipf's law, and monitors that are wrong both ways (see network.md).
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2_147_483_647) / 2_147_483_647;
  const relays = Array.from({ length: 1200 }, (_, i) => {
    const rank = i + 1;
    const isDead = random() < 0.1 + 0.9 * rank / (rank + 305);
    return {
      url: `wss://relay${i}.example/`,
      people: [700, 620, 520][i] ?? Math.ceil(1700 / rank),
      isDead,
    };
  });
  const events = relays.flatMap(({ url, isDead }) => {
    const looksAlive = isDead ? random() < 0.12 : random() < 0.95;
    return MONITORS.filter(() => looksAlive && random() < 0.95).map((name) => report(name, url));
  });
  const liveness = readMonitorReports(events, { monitors: MONITORS, now: NOW });
  const factors = monitorFactors(liveness, relays.map(({ url, people }) => [url, people]));
  const lowered = relays.filter(({ url }) => factors.get(url)! < 1);
  const share = (some: typeof relays) =>
    some.reduce((sum, { people }) => sum + people, 0) /
    relays.reduce((sum, { people }) => sum + people, 0);
  assert.ok(lowered.length > 0.5 * relays.length);
  assert.ok(share(lowered) > 0.15 && share(lowered) < 0.45);
  assert.ok(lowered.filter(({ isDead }) => isDead).length > 0.9 * lowered.length);
});

Deno.test("monitorFactors() are 1 or the reduction, whatever the order of events", () => {
  const event = fc.tuple(
    fc.constantFrom(ANN, BEN, CAT, EVE),
    fc.constantFrom(DEAD, "wss://b.example/", "wss://c.example/"),
    fc.constantFrom(NOW, NOW - 2 * DAY_S, NOW + DAY_S),
  ).map((report_) => report(...report_));
  const announced = fc.tuple(
    fc.constantFrom(ANN, BEN, EVE),
    fc.constantFrom("3600", "86400"),
    fc.constantFrom(NOW - 1, NOW - 2),
  ).map(([name, frequency, at]) => ({
    ...announcement(name, frequency, at),
    id: frequency,
  }));
  fc.assert(fc.property(fc.array(fc.oneof(event, announced), { maxLength: 8 }), (events) => {
    const urls = [DEAD, "wss://b.example/", "wss://c.example/"];
    const relays = [...NETWORK, ...urls].map((url): [string, number] => [url, 1]);
    const factorsOf = (events: NostrEvent[]) =>
      monitorFactors(readMonitorReports(events, { monitors: [ANN, BEN, CAT], now: NOW }), relays);
    const factors = factorsOf([...BOTH, ...events]);
    assert.deepEqual(factorsOf([...events.toReversed(), ...BOTH, ...events]), factors);
    assert.equal(factors.size, relays.length);
    for (const [url, factor] of factors) {
      assert.ok(factor === 1 || (factor === 0.3 && urls.includes(url)));
    }
  }));
});

Deno.test("monitorFactors() refuse options that are out of their range", () => {
  const liveness = readMonitorReports([], { monitors: [], now: NOW });
  for (const factor of [0, -1, 1.1, NaN]) {
    assert.throws(() => monitorFactors(liveness, [], { factor }), {
      name: "RangeError",
      message: `Cannot use option "factor": it must be above 0 and at most 1, got ${factor}`,
    });
  }
  for (const maxShare of [-0.1, 1.1, NaN]) {
    assert.throws(() => monitorFactors(liveness, [], { maxShare }), {
      name: "RangeError",
      message: `Cannot use option "maxShare": it must be from 0 to 1, got ${maxShare}`,
    });
  }
});
