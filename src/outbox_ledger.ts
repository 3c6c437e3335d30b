/**
 * The wiring of the ledger: what is published, through `publish()` and `NPool`, and where it goes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { BoundedMap } from "./base/bounded_map.ts";
import type { Clock } from "./base/clock.ts";
import { sleep } from "./base/clock.ts";
import type { Closing } from "./base/closing.ts";
import type { RecordStore } from "./base/record_store.ts";
import { eventPlanner, planned } from "./create_event_router.ts";
import type { Knowledge } from "./discovery/knowledge.ts";
import { LateInboxes } from "./late_inboxes.ts";
import { Ledger } from "./ledger/ledger.ts";
import { isUrgent } from "./ledger/offer_outcome.ts";
import {
  isOpenTarget,
  isPending,
  type NewTarget,
  type PublicationTarget,
  type TargetReason,
} from "./ledger/publication.ts";
import type { Publication } from "./ledger/publication_handle.ts";
import type { RelayListStore } from "./lists/relay_list_store.ts";
import type { EventRelayReason } from "./nostr/event_relay_reason.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import type { RouterSettings } from "./router_options.ts";
import type { UserPolicy } from "./user_policy.ts";

/** What a ledger needs of an outbox. */
export interface OutboxLedgerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly backend?: RecordStore;
  readonly onError: (error: Error) => void;
  /** How many days an event is tried. */
  readonly days: number;
  /** Resolves once it is known what relays are worth, and which the user blocks. */
  readonly ready: () => Promise<unknown>;
  /** What events are planned by, and how. */
  readonly knowledge: Pick<Knowledge, "lookUp" | "known">;
  readonly routing: RouterSettings;
  readonly adapt: (settings: PlanSettings) => PlanSettings;
  readonly policy: Pick<UserPolicy, "user" | "onChange">;
  /** Offers an event to a relay once. */
  readonly send: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  readonly lists: Pick<RelayListStore, "onList">;
  readonly closing: Closing;
  readonly refuseClosed: (action: string) => void;
}

/** Most events that were routed and not offered yet. */
const MAX_ROUTED = 1_000;
/** How long `pool.event()` waits for an event to be written down. */
const WRITE_WAIT_MS = 250;
/** Why a target counts as long as a list of the moment names it. */
const BY_LIST: ReadonlySet<TargetReason> = new Set(["own", "inbox", "dm", "private", "group"]);

/** All that an outbox publishes. */
export class OutboxLedger {
  readonly #options: OutboxLedgerOptions;
  readonly #plan: ReturnType<typeof eventPlanner>;
  readonly #ledger: Ledger;
  readonly #late: LateInboxes;
  readonly #routed = new BoundedMap<string, readonly NewTarget[]>({ max: MAX_ROUTED });
  readonly #stopListening: () => void;
  #started?: Promise<void>;

  /** Reads and sends nothing before {@link OutboxLedger.start}. */
  constructor(options: OutboxLedgerOptions) {
    const { adapt, clock, knowledge, lists, onError, policy, routing } = options;
    const stored = { lookUp: knowledge.known.bind(knowledge) };
    this.#options = options;
    this.#plan = eventPlanner(knowledge, routing, adapt);
    this.#ledger = new Ledger(options);
    this.#late = new LateInboxes({
      clock,
      async plan(event) {
        const { plan, error } = await planned(event, stored, routing, adapt);
        return error ? undefined : plan;
      },
      isPending: (id) => {
        const record = this.#ledger.get(id);
        return record !== undefined && isPending(record);
      },
      onPlan: (event, plan, isLate) => this.#planned(event, plan, isLate),
      onError,
    });
    this.#stopListening = lists.onList(this.#late.listed);
    policy.onChange(() => this.policyChanged());
  }

  /** Goes on with what an earlier run left; never rejects. */
  start(): Promise<void> {
    return this.#started ??= this.#start();
  }

  /** See `Outbox.publish`. */
  async publish(event: NostrEvent, opts?: { signal?: AbortSignal }): Promise<Publication> {
    const plan = await this.#plan(event, opts);
    this.#options.refuseClosed("publish an event");
    const publication = await this.#ledger.publish(event, targetsOf(plan));
    this.#late.add(event, publication.publishedAt);
    return publication;
  }

  /** See `Outbox.publications`. */
  async publications({ state }: { state?: Publication["state"] } = {}): Promise<Publication[]> {
    await this.start();
    await this.#ledger.refresh();
    const all = this.#ledger.all();
    return state === undefined ? all : all.filter((publication) => publication.state === state);
  }

  /** See `Outbox.eventRouter`. Remembers where an event goes, in case that `NPool` offers it there. */
  async route(event: NostrEvent, opts?: { signal?: AbortSignal }): Promise<string[]> {
    const plan = await this.#plan(event, opts);
    this.#options.refuseClosed("publish an event");
    this.#routed.set(event.id, targetsOf(plan));
    return plan.relays;
  }

  /**
   * Lets `NPool` offer an event to a relay; where `NPool` fails, the ledger goes on once any relay
   * has taken it. Events that were not routed are offered as they are.
   *
   * @throws What the offer throws.
   */
  readonly carry = async (
    event: NostrEvent,
    url: string,
    offer: () => Promise<void>,
  ): Promise<void> => {
    const record = this.#ledger.note(event, this.#routed.get(event.id) ?? []);
    if (!record?.targets.some(({ relay }) => relay === url)) return await offer();
    await this.#written(event.id);
    await this.#ledger.carry(record, url, offer);
    this.#late.add(event, record.at);
  };

  /**
   * Call it when options, or lists of the user's have changed: what waits for relays that count no
   * longer ends. So do drafts for relays that the user's own list (kind 10013) no longer names.
   */
  policyChanged(): void {
    const { adapt, policy: { user }, routing } = this.#options;
    const settings = adapt(routing.plan);
    const drafts = user?.lists.private ?? [];
    for (const { event, targets } of this.#ledger.pending()) {
      const isUnlisted = ({ relay, why }: PublicationTarget) =>
        why === "private" && event.pubkey === user?.pubkey && drafts.length > 0 &&
        !drafts.includes(relay);
      const open = targets.filter(isOpenTarget);
      const reasons = new Set(open.map((target) => this.#goneReason(target, settings)));
      for (const reason of reasons) {
        if (reason === undefined) continue;
        const gone = open.filter((target) => this.#goneReason(target, settings) === reason);
        this.#gone(event.id, gone, reason);
      }
      this.#gone(event.id, open.filter(isUnlisted), "the user's list names it no longer");
    }
  }

  /** A relay is connected. */
  connected(url: string): void {
    this.#ledger.connected(url);
  }

  /** The user is signed in at a relay (NIP-42): what waits for that is offered now. */
  signedIn(url: string): void {
    this.#ledger.signedIn(url);
  }

  /** Offers nothing any more; what is under way may end. */
  end(): void {
    this.#stopListening();
    this.#late.close();
    this.#ledger.end(
      new Error("The outbox is closed: what is pending goes on when one is created again"),
    );
  }

  /** Writes down how far everything is; the relays must be closed by then. Never rejects. */
  async close(): Promise<void> {
    this.end();
    await this.#ledger.close();
  }

  async #start(): Promise<void> {
    // The caller of createOutbox() goes first.
    await Promise.resolve();
    await this.#options.ready();
    if (this.#options.closing.isClosed) return;
    await this.#ledger.ready();
    for (const { event, publishedAt } of this.#ledger.all()) this.#late.add(event, publishedAt);
  }

  /** Waits until an event is written down, but not for long: never rejects. */
  async #written(id: string): Promise<void> {
    const { clock, onError } = this.#options;
    const enough = new AbortController();
    const written = this.#ledger.written(id).catch((cause: unknown) => {
      onError(new Error(`Cannot write down event ${id} before it is sent`, { cause }));
    }).finally(() => enough.abort());
    await Promise.race([written, sleep(clock, WRITE_WAIT_MS, enough.signal)]);
  }

  /**
   * Takes a new plan of an event: it has more relays, or lacks some that no list names now. A relay
   * that was not tried yet is tried once.
   *
   * @returns Whether there is one.
   */
  #planned(event: NostrEvent, plan: EventPlan, isLate: boolean): boolean {
    const { id } = event;
    const record = this.#ledger.get(id);
    if (!record || this.#options.closing.isClosed) return false;
    if (!isLate) this.#ledger.add(id, targetsOf(plan).filter(({ why }) => BY_LIST.has(why)));
    // What deletes a list must reach the relays of that list.
    if (plan.relays.length === 0 || isUrgent(event)) return false;
    const named = new Set([...plan.relays, ...[...plan.skipped.values()].flat()]);
    const unnamed = record.targets.filter((target) =>
      isOpenTarget(target) && BY_LIST.has(target.why) && !named.has(target.relay)
    );
    const tried = unnamed.filter((target) => this.#ledger.wasTried(record, target));
    this.#gone(id, tried, "no relay list that counts names it any longer");
    return tried.length < unnamed.length;
  }

  #gone(id: string, targets: readonly PublicationTarget[], reason: string): void {
    if (targets.length === 0) return;
    const relays = new Set(targets.map(({ relay }) => relay));
    this.#ledger.gone(id, (url) => relays.has(url), reason);
  }

  /** Why a target counts no longer, by options and lists of the user's; `undefined` if it does. */
  #goneReason(
    { relay, why }: PublicationTarget,
    { check, fallbackRelays, indexerRelays }: PlanSettings,
  ): string | undefined {
    if (check(relay, why === "group" ? "group" : undefined).url === undefined) {
      return "the user blocks it";
    }
    if (why === "fallback" && !fallbackRelays.includes(relay)) {
      return "no fallback relay any longer";
    }
    if (why === "indexer" && !indexerRelays.includes(relay)) return "no indexer any longer";
    return undefined;
  }
}

/** The targets of a plan. */
function targetsOf({ reasons }: EventPlan): NewTarget[] {
  return [...reasons].map(([relay, reason]) => ({ relay, why: whyOf(reason) }));
}

function whyOf(reason: EventRelayReason): TargetReason {
  return reason === "outbox" ? "own" : reason;
}
