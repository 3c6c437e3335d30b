/**
 * All of it at once: what `NPool` takes.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import { createEventRouter } from "./create_event_router.ts";
import { reqPlanner } from "./create_req_router.ts";
import { isDeep } from "./deep_requests.ts";
import { type Explanation, explanation, type RelayReport, relayReport } from "./explain.ts";
import { Gate } from "./gate.ts";
import { LivenessReader } from "./liveness_reader.ts";
import { type OutboxOptions, outboxSettings } from "./outbox_options.ts";
import { RelayInformer } from "./relay_informer.ts";
import type { RelayListStore } from "./relay_list_store.ts";
import { RelayMemory } from "./relay_memory.ts";
import type { RouterOptions } from "./router_options.ts";
import { SupervisedRelay } from "./supervised_relay.ts";
import { Supervisor } from "./supervisor.ts";
import { UsualConnect } from "./usual_connect.ts";
import { rememberingVerifier } from "./verifier.ts";

/** What {@link createOutbox} returns: goes straight into `NPool`, or is spread into its options. */
export interface Outbox extends AsyncDisposable {
  /** `NPool`'s `open`: a relay that never hangs and never throws out of turn. */
  readonly open: (url: string) => NRelay;
  /** `NPool`'s `reqRouter`, by the outbox model. */
  readonly reqRouter: (filters: NostrFilter[]) => Promise<Map<string, NostrFilter[]>>;
  /** `NPool`'s `eventRouter`, by the outbox model. */
  readonly eventRouter: (event: NostrEvent) => Promise<string[]>;
  /** `NPool` is to wait for every relay: each of them says EOSE in time. */
  readonly eoseTimeout: 0;
  /**
   * Plans a request as the router would, sends nothing, and says what is known of
   * each relay: the answer to "why can't I see this post?". Print it, or read its parts.
   */
  readonly explain: (filters: NostrFilter[]) => Promise<Explanation>;
  /** What is known of every relay that was ever asked. */
  readonly relays: () => Promise<RelayReport[]>;
  /** The relay lists: what is stored here is routed by. */
  readonly store: RelayListStore;
  /**
   * Ends every connection and writes down what was learned of relays. Close the pool
   * first. A store that the app brought stays open.
   */
  readonly close: () => Promise<void>;
}

/**
 * Creates an outbox: routing by the outbox model (NIP-65), relays that are kept
 * from hanging, and a memory of what each of them is worth.
 *
 * @param options See {@link OutboxOptions}; an app wants `store` and
 * `fallbackRelays` at least.
 * @returns A plain object for `new NPool(outbox)`, or `new NPool({ ...outbox })`. Two
 * of them share nothing.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option has the wrong type, or names a relay that the
 * policy refuses.
 *
 * @example All that an app writes
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * await using db = await openSqlite(":memory:");
 * await using outbox = createOutbox({
 *   store: db,
 *   fallbackRelays: ["wss://relay1.mostr.pub"],
 * });
 * await using pool = new NPool(outbox);
 * ```
 */
export function createOutbox(options: OutboxOptions = {}): Outbox {
  const settings = outboxSettings(options);
  const { clock, random, store, routing } = settings;
  const { onError } = routing;
  const memory = new RelayMemory({
    clock,
    random,
    backend: settings.memory,
    onError,
    learning: settings.learning,
  });
  const informer = new RelayInformer({ clock, memory, fetch: settings.fetch, timeout: 5_000 });
  const { maxPages, onRelayError } = settings;
  const legs = { clock, memory, random, maxPages, onRelayError };
  const supervisor = new Supervisor({
    link: {
      open: settings.open,
      clock,
      memory,
      gate: new Gate(settings.maxConnecting),
      usualConnect: new UsualConnect(),
      verifyEvent: rememberingVerifier(settings.verifyEvent),
      idleTimeout: settings.idleTimeout,
      onRelayError,
      onError,
      onConnected: (url) => settings.relayInfo ? informer.connected(url) : undefined,
    },
    request: { ...legs, timeout: settings.timeout, settle: settings.settle },
  });
  const open = (url: string) =>
    new SupervisedRelay(supervisor.link(url), supervisor, { ...legs, rank: 0 });

  const liveness = new LivenessReader({
    monitors: settings.monitors,
    clock,
    memory,
    onError,
    query: (filters) => queryAll(filters, open, routing),
  });
  const { weight = () => 1 } = routing;
  const weigh = (url: string) => memory.weight(url, supervisor.isOpen(url));
  const planning = {
    ...routing,
    weight(url: string) {
      const own = weight(url);
      return own === 0 ? 0 : own * weigh(url);
    },
  };
  const planner = reqPlanner(
    store,
    planning,
    (filters) => isDeep(filters, clock.now() / 1000 - settings.deepAfter * DAY),
  );
  const eventRouter = createEventRouter(store, planning);

  const close = async () => {
    informer.close();
    await supervisor.close();
    await memory.close();
  };
  return {
    open,
    async reqRouter(filters) {
      await memory.ready();
      liveness.refresh();
      const planned = await planner.route(filters);
      liveness.meet(planned.graph);
      supervisor.planned(planned);
      return planned.plan.routes;
    },
    async eventRouter(event) {
      await memory.ready();
      return await eventRouter(event);
    },
    eoseTimeout: 0,
    async explain(filters) {
      await memory.ready();
      const { plan } = await planner.plan(filters);
      return explanation(plan, [...plan.routes.keys()].map(report));
    },
    async relays() {
      await memory.ready();
      return [...memory.entries()].map(([url]) => report(url));
    },
    store,
    close,
    [Symbol.asyncDispose]: close,
  };

  function report(url: string): RelayReport {
    const isOpen = supervisor.isOpen(url);
    const record = memory.record(url);
    return relayReport({ url, isOpen, now: clock.now(), weight: weigh(url), record });
  }
}

/** In seconds. */
const DAY = 86_400;

/** Asks the indexers, or else the fallback relays. */
function queryAll(
  filters: NostrFilter[],
  open: (url: string) => NRelay,
  { indexerRelays = [], fallbackRelays = [] }: RouterOptions,
): Promise<NostrEvent[]> {
  const urls = indexerRelays.length > 0 ? indexerRelays : fallbackRelays;
  const pool = new NPool({
    open,
    reqRouter: () => new Map(urls.map((url) => [url, [...filters]])),
    eventRouter: () => [],
    eoseTimeout: 0,
  });
  return pool.query(filters);
}
