/**
 * What an app asks an outbox itself: about requests, relays, people, and where things are.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { OnDemand } from "./base/on_demand.ts";
import { coverageFilters, type CoverageReport, coverageReport } from "./coverage_report.ts";
import type { Knowledge } from "./discovery/knowledge.ts";
import {
  type Explanation,
  explanation,
  missingListsOf,
  type RelayReport,
  relayReport,
} from "./explain.ts";
import { findFilter } from "./find_filter.ts";
import { HintFinder, type HintFinderOptions } from "./hint_finder.ts";
import type { OutboxSettings } from "./outbox_settings.ts";
import type { PeopleDirectory } from "./people_directory.ts";
import type { RelayMemory } from "./relays/relay_memory.ts";
import type { ReqPlanner } from "./req_planner.ts";
import type { Supervisor } from "./requests/supervisor.ts";
import type { SpanBook } from "./spans/span_book.ts";

/** What answers need of an outbox. */
export interface OutboxQuestionsOptions extends Pick<HintFinderOptions, "check" | "onError"> {
  readonly settings: OutboxSettings;
  readonly knowledge: Knowledge;
  readonly memory: RelayMemory;
  readonly people: PeopleDirectory;
  readonly planner: ReqPlanner;
  readonly spans: OnDemand<SpanBook>;
  readonly supervisor: Supervisor;
  /** How much a relay counts by what was learned of it. */
  readonly learned: (url: string) => number;
  /** How much it counts in plans. */
  readonly weight: (url: string) => number;
}

/** See the module. */
export class OutboxQuestions {
  readonly #options: OutboxQuestionsOptions;
  /** Says what to name in what one writes, and where events were seen. */
  readonly hints: HintFinder;

  /** Answers nothing yet. */
  constructor(options: OutboxQuestionsOptions) {
    this.#options = options;
    const { people } = options;
    this.hints = new HintFinder({ ...options, seenOn: (key) => people.seenOn(key) });
  }

  /** See `Outbox.find`. */
  async find(text: string, opts?: { signal?: AbortSignal }): Promise<NostrFilter> {
    const { people, settings } = this.#options;
    return await findFilter(text, (hints) => people.addHints(hints), settings, opts?.signal);
  }

  /** See `Outbox.explain`. */
  async explain(filters: NostrFilter[]): Promise<Explanation> {
    const { memory, people } = this.#options;
    await memory.ready();
    const { planned, standIns } = await this.#plan(filters);
    const { plan } = planned;
    const missingLists = await missingListsOf(
      planned,
      (kind, pubkey) => people.searchState(kind, pubkey),
    );
    return explanation({
      plan,
      relays: [...plan.routes.keys()].map(this.#report),
      standIns: standIns.map(([url, filters]) => ({ ...this.#report(url), filters })),
      missingLists,
    });
  }

  /** See `Outbox.coverage`. */
  async coverage(of: string | readonly NostrFilter[]): Promise<CoverageReport> {
    const { memory, spans } = this.#options;
    const book = await spans.load();
    await Promise.all([memory.ready(), book.ready()]);
    const filters = coverageFilters(of, book);
    const { planned: { plan }, standIns } = await this.#plan(filters);
    return coverageReport({ filters, plan, standIns, report: this.#report, book });
  }

  /** See `Outbox.relays`. */
  async relays(): Promise<RelayReport[]> {
    const { memory } = this.#options;
    await memory.ready();
    return [...memory.entries()].map(([url]) => this.#report(url));
  }

  /** Plans by what is stored, and what would be asked at once where relays rest. */
  async #plan(filters: readonly NostrFilter[]) {
    const { knowledge, planner, supervisor } = this.#options;
    const planned = await planner.plan(filters, { lookUp: knowledge.known.bind(knowledge) });
    const standIns = supervisor.standIns(planned).flatMap(({ routes }) => [...routes]);
    return { planned, standIns };
  }

  readonly #report = (url: string): RelayReport => {
    const { learned, memory, settings, supervisor } = this.#options;
    return relayReport({
      url,
      isOpen: supervisor.isOpen(url),
      now: settings.shared.clock.now(),
      weight: learned(url),
      record: memory.record(url),
    });
  };
}
