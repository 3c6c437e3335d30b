/**
 * All of it at once: what `NPool` takes.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import { Semaphore } from "./base/semaphore.ts";
import { ConnectTimeout } from "./connections/connect_timeout.ts";
import { eventPlacer } from "./create_event_router.ts";
import { reqPlanner } from "./create_req_router.ts";
import { explanation, type RelayReport, relayReport } from "./explain.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { outboxSettings } from "./outbox_settings.ts";
import { PeopleDirectory } from "./people_directory.ts";
import { isDeep } from "./plan/deep_requests.ts";
import { type PlanSettings, planSettings } from "./plan/plan_options.ts";
import { relayCounts } from "./plan/relay_graph.ts";
import { MonitorReader } from "./relays/monitor_reader.ts";
import { RelayInfoRefresher } from "./relays/relay_info_refresher.ts";
import { RelayMemory } from "./relays/relay_memory.ts";
import { LiveRoutes } from "./requests/live_routes.ts";
import { SupervisedRelay } from "./requests/supervised_relay.ts";
import { Supervisor } from "./requests/supervisor.ts";

export type { Outbox } from "./outbox.ts";

/**
 * Creates an outbox: routing by the outbox model (NIP-65), a search for the relay lists
 * that it takes, relays that are kept from hanging, and a memory of what each is worth.
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
    backend: settings.records,
    onError,
    learning: settings.learning,
  });
  const isBlocked = (url: string): boolean => people.isBlocked(url);
  const informer = new RelayInfoRefresher({
    clock,
    memory,
    fetch: settings.fetch,
    timeout: 5_000,
    isBlocked,
  });
  const live = new LiveRoutes({ clock, source: store, watch: (pubkeys) => people.watch(pubkeys) });
  const { maxPages, onRelayError } = settings;
  const legs = { clock, memory, random, maxPages, onRelayError };
  const supervisor: Supervisor = new Supervisor({
    connector: {
      open: settings.open,
      clock,
      memory,
      semaphore: new Semaphore(settings.maxConnecting),
      connectTimeout: new ConnectTimeout(),
      verifyEvent: settings.verifyEvent,
      idleTimeout: settings.idleTimeout,
      onRelayError,
      onError,
      onConnected: (url) => settings.relayInfo ? informer.connected(url) : undefined,
      isBlocked,
    },
    request: {
      ...legs,
      timeout: settings.timeout,
      stragglerTimeout: settings.stragglerTimeout,
      onSeen: (event, url) => people.saw(event, url),
    },
    live,
  });
  const open = (url: string) =>
    new SupervisedRelay(supervisor.connector(url), supervisor, {
      ...legs,
      rank: 0,
      onPublished: (event, url) => people.published(event, url),
    });
  const weigh = (url: string) => memory.weight(url, supervisor.isOpen(url));
  const people: PeopleDirectory = new PeopleDirectory({
    settings,
    supervisor,
    legs,
    publish: (url, event, signal) => open(url).event(event, { signal }),
    weight: (url) => planning.weight(url),
  });

  const liveness = new MonitorReader({
    monitors: settings.monitors,
    clock,
    memory,
    onError,
    query: (filters) => queryAll(filters, open, planSettings(routing)),
  });
  const { weight = () => 1 } = routing;
  const planning = {
    ...routing,
    weight(url: string) {
      const own = weight(url);
      return own === 0 ? 0 : own * weigh(url);
    },
  };
  const adapt = (settings: PlanSettings) => people.adapt(settings);
  const { knowledge } = people;
  const planner = reqPlanner(knowledge, planning, {
    isDeep: (filters) => isDeep(filters, clock.now() / 1000 - settings.deepAfter * DAY),
    adapt,
  });
  const asThingsStand = { lookUp: knowledge.known.bind(knowledge) };
  const placer = eventPlacer(knowledge, planning, adapt);

  const close = async () => {
    informer.close();
    live.close();
    await people.end();
    await supervisor.close();
    // What relays took until now is known by now.
    await people.close();
    await memory.close();
  };
  return {
    open,
    async reqRouter(filters, opts) {
      await memory.ready();
      liveness.refresh();
      const planned = await planner.route(filters, opts);
      liveness.meet(relayCounts(planned.graph));
      supervisor.planned(planned);
      return planned.plan.routes;
    },
    async eventRouter(event, opts) {
      await memory.ready();
      return await placer(event, opts);
    },
    eoseTimeout: 0,
    find: (text, opts) => people.find(text, opts),
    hint: (about, relays) => people.hint(about, relays),
    discover: (pubkeys, opts) => people.discover(pubkeys, opts),
    async explain(filters) {
      await memory.ready();
      const { plan } = await planner.plan(filters, asThingsStand);
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
  { indexerRelays, fallbackRelays }: PlanSettings,
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
