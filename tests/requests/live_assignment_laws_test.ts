import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/types.ts";
import { type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { LiveAssignment } from "../../src/requests/live_assignment.ts";
import type { LiveRow, Seating } from "../../src/requests/live_relays.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests } from "../support/requests.ts";

/** The laws that hold list by list, without any planning anew in between. */

const some = PEOPLE.slice(0, 8);
const entries = fc.array(fc.constantFrom(...RELAYS, ...REFUSED), { maxLength: 4 });

/** A list of somebody, or a plan from scratch that is to be adopted. */
type Step = { readonly pubkey: string; readonly write: string[] } | "adopt" | "take";

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { arbitrary: fc.record({ pubkey: fc.constantFrom(...some), write: entries }), weight: 8 },
    { arbitrary: fc.constantFrom<Step>("adopt", "take"), weight: 1 },
  ),
  { maxLength: 40 },
);

class Seated {
  readonly settings: PlanSettings;
  readonly known: Map<string, RelayKnowledge>;
  readonly live: LiveAssignment;
  readonly sum = new Map<string, Set<LiveRow>>();

  constructor({ lists, options }: Request) {
    this.settings = planSettings({ ...options, indexerRelays: [] });
    this.known = new Map(lists);
    this.live = new LiveAssignment(
      this.settings,
      this.scratch(),
      ({ subject }) => this.known.get(subject)?.write ?? [],
    );
    for (const [url, rows] of this.live.asked()) this.sum.set(url, new Set(rows));
  }

  scratch(): Seating[] {
    const filters = [{ kinds: [1], authors: some }];
    return planReq(filters, this.known, { ...this.settings, indexerRelays: [] }).subjects
      .filter(({ role }) => role === "write")
      .map(({ role, subject, relays }) => ({ role, subject, urls: relays }));
  }

  step(step: Step): void {
    if (step === "adopt") this.live.adopt(this.scratch());
    else if (step === "take") {
      for (const { url, gained, lost } of this.live.difference()) {
        const rows = this.sum.get(url) ?? new Set();
        assert.ok(!gained.some((row) => lost.includes(row)), "nobody comes and goes");
        for (const row of lost) assert.ok(rows.delete(row));
        for (const row of gained) assert.ok(!rows.has(row) && rows.add(row));
        if (rows.size > 0) this.sum.set(url, rows);
        else this.sum.delete(url);
      }
    } else {
      this.known.set(step.pubkey, step);
      this.live.list("write", step.pubkey, step.write);
    }
  }

  own(key: string): string[] {
    const { check, weight } = this.settings;
    const list = this.known.get(key)?.write ?? [];
    const urls = list.map((url) => check(url).url).filter((url) => url !== undefined);
    return [...new Set(urls)].filter((url) => weight(url) > 0);
  }

  /** Each person, the relays that are asked for them, and those of their own that are asked. */
  people(): { key: string; urls: string[]; own: string[] }[] {
    const asked = [...this.live.asked()];
    return some.map((key) => ({
      key,
      urls: asked.filter(([, rows]) => [...rows].some((row) => row.subject === key)).map(([url]) =>
        url
      ),
      own: this.own(key).filter((url) => asked.some(([open]) => open === url)),
    }));
  }
}

function always(law: (seated: Seated) => void): void {
  fc.assert(fc.property(requests, steps, (request, steps) => {
    const seated = new Seated(request);
    law(seated);
    for (const step of steps) {
      seated.step(step);
      law(seated);
    }
  }));
}

Deno.test("LiveSeats, list by list: what changed adds up, however seldom it is asked for", () => {
  fc.assert(fc.property(requests, steps, (request, steps) => {
    const seated = new Seated(request);
    for (const step of [...steps, "take" as const]) seated.step(step);
    assert.deepEqual(seated.sum, seated.live.asked());
  }));
});

Deno.test("LiveSeats, list by list: R3, no more relays are asked than the cap", () => {
  always(({ live, settings }) => assert.ok(live.asked().size <= settings.maxRelays));
});

Deno.test("LiveSeats, list by list: R4 and R8, people are on their own relays, as many as are asked anyway", () => {
  always((seated) => {
    const { relaysPerAuthor, fallbackRelays } = seated.settings;
    for (const { urls, own } of seated.people()) {
      if (own.length > 0) {
        assert.equal(urls.length, Math.min(relaysPerAuthor, own.length));
        for (const url of urls) assert.ok(own.includes(url));
      } else for (const url of urls) assert.ok(fallbackRelays.includes(url));
    }
  });
});

Deno.test("LiveSeats, list by list: it knows how many are covered, and short of a relay", () => {
  always((seated) => {
    const { live, settings } = seated;
    const people = seated.people();
    assert.equal(live.covered, people.filter(({ own }) => own.length > 0).length);
    assert.equal(live.merit.covered, live.covered);
    const unasked = people.filter(({ urls }) => urls.length === 0).length;
    assert.equal(live.merit.unasked, unasked);
    const hasFallbacks = settings.fallbackRelays.some((url) => settings.weight(url) > 0);
    assert.equal(live.isShort, hasFallbacks && unasked > 0);
  });
});
