/**
 * A live plan, what its differences add up to, and what planning from scratch comes to.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { type PlannedReq, planParts } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import type { LiveSubject } from "../../src/requests/live_assignment.ts";
import { LivePlan } from "../../src/requests/live_plan.ts";
import type { Request } from "./requests.ts";

/** See the module. */
export class FollowedPlan {
  readonly settings: PlanSettings;
  readonly knowledge: Map<string, RelayKnowledge>;
  readonly plan: LivePlan;
  /** What the differences add up to. */
  readonly sum: Map<string, Set<LiveSubject>> = new Map();
  readonly #parts;

  constructor({ filters, lists, options }: Request, more: PlanOptions = {}) {
    this.settings = planSettings({ ...options, ...more });
    this.knowledge = new Map(lists);
    this.#parts = reqParts(filters);
    const input = { parts: this.#parts, knowledge: lists, settings: this.settings };
    this.plan = new LivePlan(input, this.scratch());
    for (const [url, subjects] of this.plan.asked()) this.sum.set(url, new Set(subjects));
  }

  /** The plan made from scratch. */
  scratch(): PlannedReq {
    return planParts(this.#parts, this.knowledge, this.settings);
  }

  /** Takes in a list, and adds the difference up. */
  update(pubkey: string, news: RelayKnowledge): void {
    this.knowledge.set(pubkey, { ...this.knowledge.get(pubkey), ...news });
    this.plan.update(pubkey, news);
    this.add();
  }

  /** Adds a difference up. */
  add(): void {
    for (const { url, gained, lost } of this.plan.difference()) {
      const subjects = this.sum.get(url) ?? new Set();
      this.sum.set(url, subjects);
      for (const subject of lost) assert.ok(subjects.delete(subject), "what is lost was there");
      for (const subject of gained) {
        assert.ok(!subjects.has(subject) && subjects.add(subject), "what is gained was not");
      }
      if (subjects.size === 0) this.sum.delete(url);
    }
  }

  /** Where each subject is asked for. */
  get rows(): Map<string, LiveSubject & { readonly urls: string[] }> {
    const rows = new Map<string, LiveSubject & { urls: string[] }>();
    for (const [url, asked] of this.plan.asked()) {
      for (const { role, subject } of asked) {
        const key = `${role} ${subject}`;
        const row = rows.get(key) ?? { role, subject, urls: [] };
        rows.set(key, row);
        row.urls.push(url);
      }
    }
    return rows;
  }

  /** The usable relays of somebody's own list. */
  own({ role, subject }: LiveSubject): string[] {
    const { check, weight } = this.settings;
    const list = role === "write" || role === "read" || role === "dm"
      ? this.knowledge.get(subject)?.[role] ?? []
      : [];
    const urls = list.map((url) => check(url).url).filter((url) => url !== undefined);
    return [...new Set(urls)].filter((url) => weight(url) > 0);
  }

  /** How many people are asked for on relays of their own, by the plan from scratch. */
  get scratchCovered(): number {
    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = this.scratch().assignment;
    let covered = 0;
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        const own = this.own({ role, subject: subjects[row] });
        const end = (row + 1) * relaysPerSubject;
        const indexes = [...relayIndexes.subarray(row * relaysPerSubject, end)];
        if (indexes.some((index) => index >= 0 && own.includes(urls[index]))) covered++;
      }
    }
    return covered;
  }

  /** How many people are asked for on relays of their own. */
  get covered(): number {
    return [...this.rows.values()].filter((row) =>
      row.urls.some((url) => this.own(row).includes(url))
    )
      .length;
  }
}
