/**
 * What the page shows at the moment: the data, the cap, and what is selected.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import type { ExplorerData } from "../explorer_data.ts";
import { type ExplorerPlan, ExplorerPlanner } from "../explorer_plan.ts";
import type { Reach } from "../reach.ts";
import { keepFocus } from "./keep_focus.ts";
import { planInTurns, type PlanMaker } from "./plan_worker.ts";

/** What is selected. */
export type Selection =
  | { readonly relay: string }
  | { readonly person: string }
  | { readonly reach: Reach };

/**
 * What changed.
 * - `data`: everything.
 * - `plan`: the plan, at once and also while somebody drags.
 * - `rest`: the plan, once it has stayed the same for a moment.
 * - `curve`: more plans of the curve are known.
 * - `selection`: the selection.
 * - `search`: what is searched for.
 */
export type Topic = "data" | "plan" | "rest" | "curve" | "selection" | "search";

/** What the state needs besides the data. */
export interface ExplorerStateOptions {
  readonly clock?: Clock;
  /** Makes the plans of the curve. @default one in a turn */
  readonly planMaker?: PlanMaker;
}

/** How long a plan stays the same before what is slow to draw follows it. */
const REST_MS = 150;
/** The most relays that the handle reaches, unless the app asks more. */
const USUAL_MAX_CAP = 50;

/** The state of the page. Listeners are called in the order in which they were added. */
export class ExplorerState {
  readonly #clock: Clock;
  readonly #listeners = new Map<Topic, (() => void)[]>();
  readonly #plans = new Map<number, ExplorerPlan>();
  #data: ExplorerData;
  #planner: ExplorerPlanner;
  #cap: number;
  #selection: Selection | undefined;
  #search = "";
  readonly #planMaker: PlanMaker;
  #isDue = false;
  #isCurveDue = false;
  #cancelRest = () => {};

  constructor(data: ExplorerData, options: ExplorerStateOptions = {}) {
    const { clock = systemClock, planMaker = planInTurns(clock) } = options;
    this.#clock = clock;
    this.#planMaker = planMaker;
    this.#data = data;
    this.#planner = new ExplorerPlanner(data);
    this.#cap = data.plan.maxRelays;
  }

  get data(): ExplorerData {
    return this.#data;
  }

  /** The most relays that may be asked. */
  get cap(): number {
    return this.#cap;
  }

  /** The largest cap that the handle reaches. */
  get maxCap(): number {
    return Math.max(USUAL_MAX_CAP, this.#data.plan.maxRelays);
  }

  get selection(): Selection | undefined {
    return this.#selection;
  }

  /** What is typed into the search. */
  get search(): string {
    return this.#search;
  }

  /** The plan for the cap. */
  get plan(): ExplorerPlan {
    return this.planOf(this.#cap);
  }

  get planner(): ExplorerPlanner {
    return this.#planner;
  }

  /** The plan for a cap, from memory if it was made before. */
  planOf(cap: number): ExplorerPlan {
    const known = this.#plans.get(cap);
    if (known) return known;
    const plan = this.#planner.plan(cap);
    this.#plans.set(cap, plan);
    return plan;
  }

  /** The plan for a cap, if it was made before. */
  knownPlan(cap: number): ExplorerPlan | undefined {
    return this.#plans.get(cap);
  }

  /** Calls a function after each change of a topic. */
  on(topic: Topic, listener: () => void): void {
    const listeners = this.#listeners.get(topic);
    if (listeners) listeners.push(listener);
    else this.#listeners.set(topic, [listener]);
  }

  /** Changes the cap: drawn with the next frame, however often it changes before. */
  setCap(value: number): void {
    const cap = Math.min(this.maxCap, Math.max(1, Math.round(value)));
    if (cap === this.#cap) return;
    this.#cap = cap;
    if (!this.#isDue) {
      this.#isDue = true;
      requestAnimationFrame(() => {
        this.#isDue = false;
        this.#emit("plan");
      });
    }
    this.#cancelRest();
    this.#cancelRest = this.#clock.after(REST_MS, () => this.#emit("rest"));
  }

  /** Selects something, or nothing. */
  select(selection: Selection | undefined): void {
    this.#selection = selection;
    this.#emit("selection");
  }

  /** Searches for something; an empty text for nothing. */
  setSearch(text: string): void {
    if (text === this.#search) return;
    this.#search = text;
    this.#emit("search");
  }

  /** Shows other data; the cap and the selection stay. */
  setData(data: ExplorerData): void {
    this.#data = data;
    this.#planner = new ExplorerPlanner(data);
    this.#plans.clear();
    this.#cap = Math.min(this.#cap, this.maxCap);
    this.#emit("data");
    this.completeCurve();
  }

  /** Makes the plans of the curve, those next to the cap first. */
  completeCurve(): void {
    const data = this.#data;
    const caps = Array.from({ length: this.maxCap }, (_, i) => i + 1)
      .filter((cap) => !this.#plans.has(cap))
      .sort((a, b) => Math.abs(a - this.#cap) - Math.abs(b - this.#cap));
    this.#planMaker({ data, caps }, (plan) => {
      if (data !== this.#data) return;
      if (!this.#plans.has(plan.maxRelays)) this.#plans.set(plan.maxRelays, plan);
      if (this.#isCurveDue) return;
      this.#isCurveDue = true;
      requestAnimationFrame(() => {
        this.#isCurveDue = false;
        this.#emit("curve");
      });
    });
  }

  #emit(topic: Topic): void {
    keepFocus(() => {
      for (const listener of this.#listeners.get(topic) ?? []) listener();
    });
  }
}
