/**
 * The wiring: creates every part of an outbox, and returns what `NPool` takes.
 *
 * @module
 */

import { abortable } from "./base/abortable.ts";
import { Closing } from "./base/closing.ts";
import { Semaphore } from "./base/semaphore.ts";
import { StallWatch } from "./base/stall_watch.ts";
import { BACKGROUND_RANK } from "./connections/relay_connector.ts";
import type { RelayRequestOutcome } from "./connections/relay_request.ts";
import { ConnectTimeout } from "./connections/connect_timeout.ts";
import { MAX_PROBES } from "./ledger/max_probes.ts";
import { feedHandle } from "./feeds/feed_handle.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { changedOptions, outboxSettings } from "./outbox_settings.ts";
import { OutboxSignIn } from "./outbox_sign_in.ts";
import type { OutboxParts } from "./outbox_parts.ts";
import { PeopleDirectory } from "./people_directory.ts";
import { isDeep } from "./plan/deep_requests.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import type { Planned } from "./plan/replan.ts";
import { relayCounts } from "./plan/relay_graph.ts";
import { Publishing } from "./publishing.ts";
import { RelayEvents } from "./relay_events.ts";
import { RelayMemory } from "./relays/relay_memory.ts";
import { queryAll, toIndexers } from "./query_all.ts";
import { ReqGatherer } from "./req_gatherer.ts";
import { ReqPlanner } from "./req_planner.ts";
import { LiveRoutes } from "./requests/live_routes.ts";
import { type RelayOptions, SupervisedRelay } from "./requests/supervised_relay.ts";
import { Supervisor } from "./requests/supervisor.ts";
import { SharedLists } from "./shared_lists.ts";
import { UserPolicy } from "./user_policy.ts";

/**
 * Creates an outbox.
 *
 * @param parts What it loads on demand.
 * @throws As `createOutbox` does.
 */
export function wireOutbox(options: OutboxOptions, parts: OutboxParts): Outbox {
  const { learningPart, publishingPart, readingPart, sharingPart } = parts;
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

  const learning = learningPart.of((part) => part, onError);
  // Spans tell what is in the store of one process: those of others say nothing about it.
  const spans = learning.of(
    ({ SpanBook }) => new SpanBook({ clock, backend: settings.ownRecords, onError }),
  );
  const answers = learning.of(
    ({ answeredRanges }) => (url: string, outcome: RelayRequestOutcome) => {
      for (const range of answeredRanges(url, outcome)) spans.loaded!.add(range);
    },
  );
  const sharing = settings.records && new SharedLists(settings.records, { store, onError });

  // The directory of people listens to the relays, and needs them itself.
  const events = new RelayEvents();
  const live = new LiveRoutes({
    ...{ clock, source: store, watch: events.watch, part: learning },
    connector: (url) => supervisor.connector(url),
  });
  const informer = learning.of(
    ({ RelayInfoRefresher }) =>
      new RelayInfoRefresher({
        ...{ clock, memory, isBlocked },
        fetch: settings.fetch,
        timeout: INFO_TIMEOUT_MS,
      }),
  );
  const signIn = new OutboxSignIn({
    ...{ clock, onError, policy },
    auth: settings.auth,
    list: async (pubkey, kind) => (await store.get([pubkey], { kind })).get(pubkey) ?? null,
    isContact: (pubkey) => people.isContact(pubkey),
    connector: (url, identity) => supervisor.connector(url, identity),
    onSignedIn: (url) => ledger.signedIn(url),
    onEnded: (ended) => void supervisor.endNamed((identity) => identity === ended),
  }, publishingPart);
  const requests = { clock, random, memory, maxPages, onRelayError, signIn, workload };
  const supervisor: Supervisor = new Supervisor({
    connector: {
      ...{ clock, memory, onError, onRelayError, random },
      open(...args) {
        settings.verifier.expect(1);
        return settings.open(...args);
      },
      semaphore: new Semaphore(settings.maxConnecting),
      background: new Semaphore(MAX_PROBES),
      connectTimeout: new ConnectTimeout(),
      verifyEvent: settings.verifier.verify,
      idleTimeout: settings.idleTimeout,
      onConnected: (url) => {
        ledger.connected(url);
        if (settings.relayInfo) informer.when((informer) => informer.connected(url));
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
        // A user may publish when the network is gone.
        if (current.options.user) void publishingPart.attempt();
        answers.when((add) => add(url, outcome));
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
      publish: async (...args) => await (await publishingPart.load()).publishToRelay(...args),
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
    learning,
  });
  events.listener = people;

  const { knowledge } = people;
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
      meet(planned);
      supervisor.planned(planned, found);
    },
    plannedTogether(Shared, planned, members, found) {
      refuseClosed("send a request");
      meet(planned);
      return supervisor.plannedTogether(Shared, planned, members, found);
    },
    sharing: sharingPart.of((part) => part, onError),
  });
  const ledger = new Publishing({
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
  }, publishingPart);
  const monitors = learning.of(({ MonitorReader }) =>
    new MonitorReader({
      monitors: settings.monitors,
      clock,
      memory,
      onError,
      query: (filters) => queryAll(filters, relay, toIndexers(current.plan)),
    })
  );
  const hasMonitors = settings.monitors.length > 0;
  const meet = ({ graph }: Planned) => {
    if (hasMonitors) monitors.when((monitors) => monitors.meet(relayCounts(graph)));
  };

  const prepare = async (signal?: AbortSignal) => {
    refuseClosed("send a request");
    await abortable(memory.ready(), signal);
    if (hasMonitors) monitors.when((monitors) => monitors.refresh());
  };
  const reqRouter: Outbox["reqRouter"] = async (filters, opts) => {
    await prepare(opts?.signal);
    const { plan: { routes } } = await gatherer.route(filters, opts);
    refuseClosed("send a request");
    return routes;
  };
  const feeds = readingPart.of(({ feedPlan, OutboxFeeds }) =>
    new OutboxFeeds({
      ...{ clock, requests, supervisor, reqRouter, closing, refuseClosed },
      // They come with feeds.
      spans: spans.loaded!,
      lists: store,
      timeout: settings.timeout,
      storeTimeout: settings.storeTimeout,
      async plan(filters, signal, isEarly) {
        await prepare(signal);
        const planned = await feedPlan(planner, filters, signal, isEarly);
        meet(planned);
        refuseClosed("read a feed");
        return planned;
      },
      open: (url) => relay(url, { closing }),
      onSeen: events.saw,
      trust: settings.verifier.trust,
      onError: router.onError,
    })
  );
  const questions = readingPart.of(({ OutboxQuestions }) =>
    new OutboxQuestions({
      ...{ settings, knowledge, memory, people, planner, spans, supervisor, learned },
      onError: router.onError,
      check: (url) => policy.check(url),
      weight: weighted(settings.weight),
    })
  );
  const end = async () => {
    closing.close();
    gatherer.close();
    await feeds.made?.close();
    informer.made?.close();
    live.close();
    policy.close();
    await people.end();
    ledger.end();
    await supervisor.close();
    await ledger.close();
    // The last events that relays took are known by now.
    await people.close();
    await answers.idle(clock);
    await Promise.all([memory.close(), spans.made?.close()]);
    await sharing?.close();
  };
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
      return await (await questions.load()).hints.hintFor(subject);
    },
    async seenOn(event) {
      refuseClosed("say where an event was seen");
      return await (await questions.load()).hints.seenOn(event);
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
      return feeds.loaded?.open(filters, options) ?? feedHandle(filters, options ?? {}, {
        load: async () => (await feeds.load()).open,
        now: () => clock.now(),
        onClose: (end) => closing.onClose(end),
        refuseClosed: () => refuseClosed("read a feed"),
      });
    },
    async find(text, opts) {
      refuseClosed("find anybody");
      return await (await abortable(questions.load(), opts?.signal)).find(text, opts);
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
      return await (await questions.load()).explain(filters);
    },
    async coverage(of) {
      refuseClosed("report coverage");
      return await (await questions.load()).coverage(of);
    },
    relays: async () => await (await questions.load()).relays(),
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
