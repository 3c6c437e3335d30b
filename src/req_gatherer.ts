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
import type { OnDemand } from "./base/on_demand.ts";
import { TimeSlices } from "./base/time_slices.ts";
import type { WorkTime } from "./base/workload.ts";
import { areMerged, requestIdentity, requestShape, varyingValues } from "./nostr/request_shape.ts";
import type { Planned } from "./plan/replan.ts";
import type { planTogether, PlanTogetherOptions, WaitingRequest } from "./plan_together.ts";
import { foundBy, type LookedUp, type ReqPlanner, type RouteOptions } from "./req_planner.ts";
import type { Found } from "./requests/live_routes.ts";

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
  readonly plannedTogether: PlanTogetherOptions<WaitingRequest>["plannedTogether"];
  /** What plans several requests as one; each goes out by itself if it cannot be loaded. */
  readonly sharing: Pick<OnDemand<Sharing>, "loaded" | "attempt">;
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
/** Most shapes of which it is remembered when they were gathered last. */
const MAX_SHAPES = 100;

/** What plans several requests as one. */
interface Sharing {
  readonly planTogether: typeof planTogether;
}

interface Waiting extends WaitingRequest {
  readonly signal?: AbortSignal;
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
      const sharing = waiting.length > 1 ? await this.#sharing() : undefined;
      if (sharing) {
        return await sharing.planTogether(waiting, areBig, {
          ...this.#options,
          slices: this.#slices,
          carryOut: (some) => this.#carryOut(some, areBig),
        });
      }
      for (const { request, resolve } of waiting) resolve(this.#alone(request));
    } catch (error) {
      waiting.forEach(({ reject }) => reject(error));
    }
  }

  #sharing(): Sharing | undefined | Promise<Sharing | undefined> {
    const { sharing } = this.#options;
    return sharing.loaded ?? sharing.attempt();
  }

  #alone(request: LookedUp): Planned {
    const { planner } = this.#options;
    const planned = planner.planned(request);
    planner.report(planned, request);
    this.#options.planned(planned, foundBy(request));
    void planner.reportFound(request);
    return planned;
  }
}

/** How many of some values are not among others: a union of the two would copy the others. */
function countMissing(values: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0;
  for (const value of values) if (!others.has(value)) count++;
  return count;
}

/** How many rounds of promises requests of one turn may be apart. */
const TURN_ROUNDS = 20;
