/**
 * Gathers requests of one shape that are made at about the same time, plans them as one request,
 * and has them share its REQs.
 *
 * An app asks for what is on the screen, a component at a time: many requests for one profile
 * each. Requests that are made in one turn of the event loop go out at once, and so does one that is
 * alone of its shape. Those that follow soon after several others are gathered for a while.
 *
 * A server asks for the feeds of many users, who follow the same people: big requests. While the
 * program is behind, they wait for it, and then go out as one.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { abortable } from "./base/abortable.ts";
import { BoundedMap } from "./base/bounded_map.ts";
import { type Clock, nextTurn } from "./base/clock.ts";
import { TimeSlices } from "./base/time_slices.ts";
import type { WorkTime } from "./base/workload.ts";
import {
  areMerged,
  joinFilters,
  requestIdentity,
  requestShape,
  varyingValues,
} from "./nostr/join_filters.ts";
import type { Planned } from "./plan/replan.ts";
import { joinedLookUp, type LookedUp, type ReqPlanner, type RouteOptions } from "./req_planner.ts";
import { cutSubjects, planSharer } from "./requests/plan_share.ts";
import type { Found } from "./requests/live_routes.ts";
import type { PlannedMember } from "./requests/supervisor.ts";

/** What a {@link ReqGatherer} needs. */
export interface ReqGathererOptions {
  readonly clock: Clock;
  readonly planner: ReqPlanner;
  /** What the program does with what relays send. */
  readonly workload: WorkTime;
  /** Called, at most once a minute, where requests had to wait for the program for long. */
  readonly onError: (error: Error) => void;
  /** Called with the plan of a request that is carried out alone. */
  readonly planned: (planned: Planned, found?: Found) => void;
  /**
   * Called with the plan for several requests, and each one's share. What it returns is called once
   * each has got its share.
   */
  readonly plannedTogether: (
    planned: Planned,
    members: readonly PlannedMember[],
    found?: Found,
  ) => () => void;
}

/** How long requests are gathered that are made soon after others of their shape, in milliseconds. */
const GATHERING_MS = 4;
/** How long after several requests of a shape the next one counts as one of many, in milliseconds. */
const BURST_MS = 50;
/** A request with more values than this, authors for instance, is a big one. */
const MAX_VALUES_PER_REQUEST = 20;
/** Most values in what is planned together, and in big requests that are. */
const MAX_VALUES_TOGETHER = 500, MAX_BIG_VALUES_TOGETHER = 5_000;
/** How long after a big request the next one waits until the program is not behind. */
const BIG_BURST_MS = 1_000;
/** How often it is looked whether the program is behind, and how late a timer is then. */
const LOOK_MS = 25, LATE_MS = 15;
/** How long big requests wait for the program at most. */
const MAX_WAIT_MS = 5_000;
/** How often it is reported that they wait. */
const REPORT_MS = 60_000;
/** Big requests together get `maxRelays` as often as they are many, but not more often than this. */
const MAX_RELAYS_FACTOR = 3;
/** Most shapes of which it is remembered when they were gathered last. */
const MAX_SHAPES = 100;

interface Waiting {
  readonly request: LookedUp;
  readonly signal?: AbortSignal;
  readonly resolve: (planned: Planned) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  readonly waiting: Waiting[];
  readonly values: Set<string>;
  readonly isBig: boolean;
  cancel?: () => void;
}

/** See the module. */
export class ReqGatherer {
  readonly #options: ReqGathererOptions;
  /** Many requests at once leave other work its turn. */
  readonly #slices: TimeSlices;
  readonly #groups = new Map<string, Group>();
  /** When requests of a shape were last planned together, in milliseconds since 1970. */
  readonly #gatheredAt: BoundedMap<string, number> = new BoundedMap({ max: MAX_SHAPES });
  #reportedAt = -Infinity;

  /** Gathers nothing before the first request. */
  constructor(options: ReqGathererOptions) {
    this.#options = options;
    this.#slices = new TimeSlices(options.clock);
  }

  /**
   * Plans a request, by itself or with others of its shape.
   *
   * @throws As {@link ReqPlanner.route} does.
   */
  async route(filters: readonly NostrFilter[], opts: RouteOptions = {}): Promise<Planned> {
    const { planner } = this.#options;
    await this.#slices.turn();
    const request = await planner.lookUpEarly(filters, opts);
    const values = varyingValues(request.filters);
    const waiting = { request, signal: opts.signal, ...Promise.withResolvers<Planned>() };
    const isBig = values.length > MAX_VALUES_PER_REQUEST;
    // Big requests share the REQs of equal ones alone if their filters would stand side by side.
    const shape = isBig && !areMerged(request.filters)
      ? requestIdentity(request.filters)
      : requestShape(request.filters);
    // Nobody waits for the lists of another request.
    const early = request.search ? "early " : "";
    this.#add(`${isBig} ${early}${shape}`, values, isBig, waiting);
    return await abortable(waiting.promise, opts.signal);
  }

  /** Waits for no further requests. */
  close(): void {
    for (const [shape, group] of this.#groups) this.#close(shape, group);
  }

  #add(shape: string, values: readonly string[], isBig: boolean, waiting: Waiting): void {
    const { clock } = this.#options;
    const group = this.#groups.get(shape);
    const max = isBig ? MAX_BIG_VALUES_TOGETHER : MAX_VALUES_TOGETHER;
    const own = new Set(values);
    if (group && group.values.size + countMissing(own, group.values) <= max) {
      group.waiting.push(waiting);
      for (const value of own) group.values.add(value);
      return;
    }
    if (group) this.#close(shape, group);
    const opened: Group = { waiting: [waiting], values: own, isBig };
    this.#groups.set(shape, opened);
    const sinceLast = clock.now() - (this.#gatheredAt.get(shape) ?? -Infinity);
    if (isBig && sinceLast <= BIG_BURST_MS) this.#closeOnceIdle(shape, opened, clock.now());
    else if (!isBig && sinceLast <= BURST_MS) {
      opened.cancel = clock.after(GATHERING_MS, () => this.#close(shape, opened));
    } else void this.#closeAfterTurn(shape, opened);
  }

  /** Closes a group once the program is not behind, or has been for long. */
  #closeOnceIdle(shape: string, group: Group, since: number): void {
    const { clock, workload } = this.#options;
    const lookedAt = clock.now();
    const { behindMs } = workload;
    group.cancel = clock.after(LOOK_MS, () => {
      const now = clock.now();
      const isBehind = now - lookedAt > LOOK_MS + LATE_MS ||
        2 * (workload.behindMs - behindMs) > LOOK_MS;
      if (isBehind && now - since < MAX_WAIT_MS) return this.#closeOnceIdle(shape, group, since);
      if (isBehind) this.#reportWait(now - since);
      this.#close(shape, group);
    });
  }

  #reportWait(ms: number): void {
    const { clock, onError } = this.#options;
    if (clock.now() - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = clock.now();
    onError(
      new Error(
        `Requests wait for the program: it was behind its relays for ${Math.round(ms)} ms. ` +
          "It has more users than it can serve, or is busy with other work",
      ),
    );
  }

  /** Closes a group once those have joined that are made in the same turn, or waited for their turn. */
  async #closeAfterTurn(shape: string, group: Group): Promise<void> {
    const { clock } = this.#options;
    const since = clock.now();
    for (let round = 0; round < TURN_ROUNDS; round++) await undefined;
    while (this.#slices.isWaiting && clock.now() - since < MAX_WAIT_MS) {
      await this.#slices.settled();
      // The last of them needs rounds, too, to be here.
      await nextTurn(clock);
    }
    this.#close(shape, group);
  }

  #close(shape: string, group: Group): void {
    group.cancel?.();
    if (this.#groups.get(shape) === group) this.#groups.delete(shape);
    const waiting = group.waiting.splice(0).filter(({ signal }) => !signal?.aborted);
    if (waiting.length > 1 || group.isBig) {
      this.#gatheredAt.set(shape, this.#options.clock.now());
    }
    void this.#carryOut(waiting, group.isBig);
  }

  async #carryOut(waiting: readonly Waiting[], areBig: boolean): Promise<void> {
    try {
      if (waiting.length > 1) return await this.#together(waiting, areBig);
      for (const { request, resolve } of waiting) resolve(this.#alone(request));
    } catch (error) {
      waiting.forEach(({ reject }) => reject(error));
    }
  }

  #alone(request: LookedUp): Planned {
    const { planner } = this.#options;
    const planned = planner.planned(request);
    planner.report(planned, request);
    this.#options.planned(planned, foundBy(request));
    void planner.reportFound(request);
    return planned;
  }

  async #together(waiting: readonly Waiting[], areBig: boolean): Promise<void> {
    const { planner } = this.#options;
    const requests = waiting.map(({ request }) => request);
    const { filters, indexes } = joinFilters(requests.map(({ filters }) => filters), areBig);
    const isOfMany = areBig && areMerged(filters);
    const joined = joinedLookUp(filters, requests);
    // Where lists are still looked for, it is not known yet who would have no place.
    const isWide = isOfMany || !areBig && joined.search !== undefined;
    const factor = isWide ? Math.min(waiting.length, MAX_RELAYS_FACTOR) : 1;
    const planned = planner.planned(joined, factor);
    if (!areBig) {
      // Who has no place within `maxRelays` beside others is planned apart from them.
      const cut = cutSubjects(planned.plan);
      const isCut = ({ request: { parts } }: Waiting) =>
        parts.scoped.some(({ scope }) => scope.subjects.some((subject) => cut.has(subject)));
      const apart = waiting.filter(isCut);
      const rest = waiting.filter((one) => !isCut(one));
      // Where fallback relays take every place, no choice of relays helps but fewer requests.
      if (rest.length === 0) rest.push(...apart.splice(apart.length >> 1));
      if (apart.length > 0) {
        for (const some of [rest, apart]) await this.#carryOut(some, areBig);
        return;
      }
    }
    const shareOf = planSharer(planned);
    const members: PlannedMember[] = [];
    const settle: (() => void)[] = [];
    for (const [i, { request, resolve, reject }] of waiting.entries()) {
      await this.#slices.turn();
      // Before lists are known, a plan has rows for those alone whose lists are.
      const share = request.search ? planner.planned(request) : shareOf(request.parts, indexes[i]);
      try {
        planner.report(share, request);
        if (share.plan.routes.size > 0) {
          members.push({ filters: request.filters, share, found: foundBy(request) });
        }
        void planner.reportFound(request);
        settle.push(() => resolve(share));
      } catch (error) {
        settle.push(() => reject(error));
      }
    }
    const begin = this.#options.plannedTogether(planned, members, foundBy(joined));
    for (const done of settle) {
      await this.#slices.turn();
      done();
    }
    begin();
  }
}

/** How many of some values are not among others: a union of the two would copy the others. */
function countMissing(values: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0;
  for (const value of values) if (!others.has(value)) count++;
  return count;
}

/** What will be known of the people of a request whose lists are looked for. */
function foundBy({ search }: LookedUp): Found | undefined {
  const found = search?.found.then(({ knowledge }) => knowledge);
  // It rejects for requests alone that are given up.
  void Promise.allSettled([found]);
  return found;
}

/** How many rounds of promises requests of one turn may be apart. */
const TURN_ROUNDS = 20;
