/**
 * The wiring: creates every part of an outbox, and returns what `NPool` takes.
 *
 * @module
 */

import { answeredRanges } from "./answered_ranges.ts";
import { abortable } from "./base/abortable.ts";
import { Closing } from "./base/closing.ts";
import { Semaphore } from "./base/semaphore.ts";
import { StallWatch } from "./base/stall_watch.ts";
import { BACKGROUND_RANK } from "./connections/relay_connector.ts";
import { ConnectTimeout } from "./connections/connect_timeout.ts";
import { coverageFilters, coverageReport } from "./coverage_report.ts";
import { HintFinder } from "./hint_finder.ts";
import { explanation, missingListsOf, relayReport } from "./explain.ts";
import { MAX_PROBES } from "./ledger/send_schedule.ts";
import type { Outbox } from "./outbox.ts";
import { OutboxFeeds } from "./outbox_feeds.ts";
import { OutboxLedger } from "./outbox_ledger.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { changedOptions, outboxSettings } from "./outbox_settings.ts";
import { PeopleDirectory } from "./people_directory.ts";
import { isDeep } from "./plan/deep_requests.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import { relayCounts } from "./plan/relay_graph.ts";
import { RelayEvents } from "./relay_events.ts";
import { MonitorReader } from "./relays/monitor_reader.ts";
import { RelayInfoRefresher } from "./relays/relay_info_refresher.ts";
import { RelayMemory } from "./relays/relay_memory.ts";
import { queryAll, toIndexers } from "./query_all.ts";
import { ReqGatherer } from "./req_gatherer.ts";
import { ReqPlanner } from "./req_planner.ts";
import { LiveRoutes } from "./requests/live_routes.ts";
import { type RelayOptions, SupervisedRelay } from "./requests/supervised_relay.ts";
import { Supervisor } from "./requests/supervisor.ts";
import { SharedLists } from "./shared_lists.ts";
import { SignInPolicy } from "./sign_in_policy.ts";
import { SpanBook } from "./spans/span_book.ts";
import { UserPolicy } from "./user_policy.ts";

export type { Outbox } from "./outbox.ts";

/**
 * Creates an outbox: everything that `NPool` needs to follow the outbox model (NIP-65). It
 * finds relay lists, routes requests and events by them, keeps requests from hanging on
 * relays that fail, and learns what each relay is worth.
 *
 * @param options See {@link OutboxOptions}; an app sets `store` and `fallbackRelays` at least.
 * @returns A plain object for `new NPool(outbox)` or `new NPool({ ...outbox })`. Two
 * outboxes share nothing.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 *
 * @example All that an app writes
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * const db = await openSqlite(":memory:");
 * const outbox = createOutbox({
 *   store: db,
 *   fallbackRelays: ["wss://relay1.mostr.pub"],
 * });
 * const pool = new NPool(outbox);
 *
 * await pool.close();
 * await outbox.close();
 * await db.close();
 * ```
 */
export function createOutbox(options: OutboxOptions = {}): Outbox {
  const checked = outboxSettings(options);
  // Every timer shows whether the program ran when that was due.
  const clock = new StallWatch(checked.shared.clock);
  const shared = { ...checked.shared, clock };
  const settings = { ...checked, shared };
  const { router, store, maxPages, onRelayError, workload } = settings;
  const { random, onError } = shared;

  const closing = new Closing(onError);
  const refuseClosed = (action: string) => {
    if (closing.isClosed) throw closing.error(action, "outbox");
  };
  const policy = new UserPolicy(settings);
  const isBlocked = (url: string) => policy.isBlocked(url);
  const memory = new RelayMemory({
    ...shared,
    hasStalledSince: (since) => clock.hasStalledSince(since),
    backend: settings.records,
    learning: settings.learning,
  });

  // Spans tell what is in the store of one process: those of others say nothing about it.
  const spans = new SpanBook({ clock, backend: settings.ownRecords, onError });
  const sharing = settings.records && new SharedLists(settings.records, { store, onError });

  // The directory of people listens to the relays, and needs them itself.
  const events = new RelayEvents();
  const live = new LiveRoutes({ clock, source: store, watch: events.watch });
  const informer = new RelayInfoRefresher({
    clock,
    memory,
    fetch: settings.fetch,
    timeout: INFO_TIMEOUT_MS,
    isBlocked,
  });
  const signIn = new SignInPolicy({
    ...{ clock, onError, policy },
    auth: settings.auth,
    list: async (pubkey, kind) => (await store.get([pubkey], { kind })).get(pubkey) ?? null,
    isContact: (pubkey) => people.isContact(pubkey),
    connector: (url, identity) => supervisor.connector(url, identity),
    onSignedIn: (url) => ledger.signedIn(url),
    onEnded: (ended) => void supervisor.endNamed((identity) => identity === ended),
  });
  const requests = { clock, random, memory, maxPages, onRelayError, signIn, workload };
  const supervisor: Supervisor = new Supervisor({
    connector: {
      ...{ clock, memory, onError, onRelayError, random },
      open: settings.open,
      semaphore: new Semaphore(settings.maxConnecting),
      background: new Semaphore(MAX_PROBES),
      connectTimeout: new ConnectTimeout(),
      verifyEvent: settings.verifier.verify,
      idleTimeout: settings.idleTimeout,
      onConnected: (url) => {
        ledger.connected(url);
        if (settings.relayInfo) informer.connected(url);
      },
      isBlocked,
    },
    request: {
      ...requests,
      timeout: settings.timeout,
      stragglerTimeout: settings.stragglerTimeout,
      onSeen: events.saw,
      onMissed: events.missed,
      onUnanswered: router.onError,
      onAnswered: (url, outcome) => {
        for (const range of answeredRanges(url, outcome)) spans.add(range);
      },
    },
    live,
  });
  policy.onChange(() => supervisor.blocksChanged());
  const relay = (url: string, own: Partial<RelayOptions> = {}) =>
    new SupervisedRelay(supervisor.connector(url), supervisor, {
      ...requests,
      rank: 0,
      onPublished: events.published,
      onError: router.onError,
      ...own,
    });

  const learned = (url: string) => memory.weight(url, supervisor.isOpen(url));
  const weighted = (own: (url: string) => number) => (url: string) => {
    const weight = own(url);
    return weight === 0 ? 0 : weight * learned(url);
  };
  const people: PeopleDirectory = new PeopleDirectory({
    settings,
    policy,
    supervisor,
    requests,
    publish: (url, event, signal) => relay(url).event(event, { signal }),
    query: (filters) => queryAll(filters, relay, reqRouter),
    // Not checked: a wrong number fails a plan, and must not fail a search in a timer.
    weight: weighted(settings.weight),
  });
  events.listener = people;

  const { knowledge } = people;
  const stored = { lookUp: knowledge.known.bind(knowledge) };
  const byMemory = (plan: PlanSettings): PlanSettings => ({
    ...plan,
    weight: weighted(plan.weight),
    asksAgain: true,
  });
  // What `use()` changes.
  let current = {
    // What the app does with its own arrays later has no influence.
    options: { ...options, ...relaysOf(router.plan) } as OutboxOptions,
    plan: byMemory(router.plan),
  };
  const routing = { ...router, plan: current.plan };
  const adapt = () => policy.adapt(current.plan);
  const planner = new ReqPlanner(knowledge, routing, {
    isDeep: (filters) => isDeep(filters, clock.now() / 1000 - settings.deepAfter * DAY_S),
    adapt,
    lookUpEarly: knowledge.lookUpEarly.bind(knowledge),
  });
  const gatherer = new ReqGatherer({
    clock,
    planner,
    workload,
    onError: router.onError,
    planned(planned, found) {
      refuseClosed("send a request");
      monitors.meet(relayCounts(planned.graph));
      supervisor.planned(planned, found);
    },
    plannedTogether(planned, members, found) {
      refuseClosed("send a request");
      monitors.meet(relayCounts(planned.graph));
      return supervisor.plannedTogether(planned, members, found);
    },
  });
  const ledger = new OutboxLedger({
    ...shared,
    backend: settings.records,
    days: settings.publishFor,
    ready: () => Promise.all([memory.ready(), policy.lists?.ready()]),
    knowledge,
    routing,
    adapt,
    policy,
    send: (url, event, signal) => relay(url, { rank: BACKGROUND_RANK }).event(event, { signal }),
    lists: store,
    closing,
    refuseClosed,
  });
  const monitors = new MonitorReader({
    monitors: settings.monitors,
    clock,
    memory,
    onError,
    query: (filters) => queryAll(filters, relay, toIndexers(current.plan)),
  });

  const report = (url: string) =>
    relayReport({
      url,
      isOpen: supervisor.isOpen(url),
      now: clock.now(),
      weight: learned(url),
      record: memory.record(url),
    });
  const prepare = async (signal?: AbortSignal) => {
    refuseClosed("send a request");
    await abortable(memory.ready(), signal);
    monitors.refresh();
  };
  const reqRouter: Outbox["reqRouter"] = async (filters, opts) => {
    await prepare(opts?.signal);
    const { plan: { routes } } = await gatherer.route(filters, opts);
    refuseClosed("send a request");
    return routes;
  };
  const feeds = new OutboxFeeds({
    clock,
    requests,
    supervisor,
    spans,
    lists: store,
    timeout: settings.timeout,
    storeTimeout: settings.storeTimeout,
    async plan(filters, signal, isEarly) {
      await prepare(signal);
      const planned = await planner.feedPlan(filters, signal, isEarly);
      monitors.meet(relayCounts(planned.graph));
      refuseClosed("read a feed");
      return planned;
    },
    reqRouter,
    open: (url) => relay(url, { closing }),
    onSeen: events.saw,
    trust: settings.verifier.trust,
    closing,
    refuseClosed,
    onError: router.onError,
  });
  const end = async () => {
    closing.close();
    gatherer.close();
    await feeds.close();
    informer.close();
    live.close();
    policy.close();
    await people.end();
    ledger.end();
    await supervisor.close();
    await ledger.close();
    // The last events that relays took are known by now.
    await people.close();
    await Promise.all([memory.close(), spans.close()]);
    await sharing?.close();
  };
  const hints = new HintFinder({
    knowledge,
    onError: router.onError,
    seenOn: (key) => people.seenOn(key),
    check: (url) => policy.check(url),
    weight: weighted(settings.weight),
  });
  void ledger.start();
  let ended: Promise<void> | undefined;
  const close = () => ended ??= end().finally(() => settings.verifier.close());
  return {
    open(url) {
      refuseClosed("open a relay");
      return relay(url, { closing, carry: ledger.carry });
    },
    reqRouter,
    async eventRouter(event, opts) {
      refuseClosed("publish an event");
      await abortable(memory.ready(), opts?.signal);
      return await ledger.route(event, opts);
    },
    async publish(event, opts) {
      refuseClosed("publish an event");
      await abortable(memory.ready(), opts?.signal);
      return await ledger.publish(event, opts);
    },
    async publications(opts) {
      refuseClosed("list publications");
      return await ledger.publications(opts);
    },
    async hintFor(subject) {
      refuseClosed("give a hint");
      return await hints.hintFor(subject);
    },
    async seenOn(event) {
      refuseClosed("say where an event was seen");
      return await hints.seenOn(event);
    },
    // `NPool.query()` swallows what a router throws, but not what this does.
    get eoseTimeout(): 0 {
      refuseClosed("send a request");
      return 0;
    },
    use(changes) {
      refuseClosed("change options");
      const { options, settings } = changedOptions(current.options, changes);
      current = { options, plan: byMemory(settings.plan) };
      people.use(settings.plan);
      policy.use(settings);
      // What is open hears of blocked relays without waiting for the next request.
      void policy.lists?.ready();
      signIn.userChanged();
      ledger.policyChanged();
    },
    feed(filters, options) {
      refuseClosed("open a feed");
      return feeds.open(filters, options);
    },
    async find(text, opts) {
      refuseClosed("find anybody");
      return await people.find(text, opts);
    },
    hint(subject, relays) {
      refuseClosed("enter a hint");
      people.hint(subject, relays);
    },
    async discover(pubkeys, opts) {
      refuseClosed("search for relay lists");
      return await people.discover(pubkeys, opts);
    },
    async explain(filters) {
      refuseClosed("explain a request");
      await memory.ready();
      const planned = await planner.plan(filters, stored);
      const { plan } = planned;
      const standIns = supervisor.standIns(planned).flatMap(({ routes }) => [...routes])
        .map(([url, filters]) => ({ ...report(url), filters }));
      const relays = [...plan.routes.keys()].map(report);
      const missingLists = await missingListsOf(
        planned,
        (kind, pubkey) => people.searchState(kind, pubkey),
      );
      return explanation({ plan, relays, standIns, missingLists });
    },
    async coverage(of) {
      refuseClosed("report coverage");
      await Promise.all([memory.ready(), spans.ready()]);
      const filters = coverageFilters(of, spans);
      const planned = await planner.plan(filters, stored);
      const standIns = supervisor.standIns(planned).flatMap(({ routes }) => [...routes]);
      return coverageReport({ filters, plan: planned.plan, standIns, report, book: spans });
    },
    async relays() {
      await memory.ready();
      return [...memory.entries()].map(([url]) => report(url));
    },
    store,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const DAY_S = 86_400;
/** Longest that fetching a relay's information document (NIP-11) may take. */
const INFO_TIMEOUT_MS = 5_000;

/** The options that name relays, as they were checked. */
function relaysOf({ fallbackRelays, indexerRelays, searchRelays }: PlanSettings) {
  return { fallbackRelays, indexerRelays, searchRelays };
}
