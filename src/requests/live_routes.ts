/**
 * Open requests follow what becomes known: relay lists that arrive while a request is open
 * change which relays it asks.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";
import type { OnDemand } from "../base/on_demand.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayKnowledge, RelayList } from "../nostr/relay_knowledge.ts";
import type { Planned, Replan } from "../plan/replan.ts";
import { threadAuthor } from "../plan/thread_relays.ts";
import { changedRoles, isListedRole, listNews } from "./listed_roles.ts";
import type { LiveRequest } from "./live_request.ts";
import type { OutboxRequest } from "./outbox_request.ts";

/** Where lists come from as they become known; {@link RelayListStore} is one. */
export interface ListNews {
  /**
   * Calls the listener with each list that is newer than what was stored, until the
   * returned function is called.
   */
  readonly onList: (listener: (list: RelayList, kind: number) => void) => () => void;
}

/** What will be known of people whose lists are looked for, once that has ended. */
export type Found = Promise<ReadonlyMap<string, RelayKnowledge>>;

/** What open requests need to follow lists. */
export interface LiveRoutesOptions {
  readonly clock: Clock;
  readonly source: ListNews;
  /**
   * Keeps the lists of the people in an open request fresh, until the returned function is
   * called.
   */
  readonly watch?: (pubkeys: Iterable<string>) => () => void;
  /** What changes a request while it is open, loaded once there is something to change. */
  readonly part: Pick<OnDemand<{ readonly LiveRequest: typeof LiveRequest }>, "of">;
  /** Gives the connector of a relay. @default no relay is connected to before it is asked */
  readonly connector?: (url: string) => RelayConnector;
}

/** Takes in what became known of a person. */
type Follower = (pubkey: string, news: RelayKnowledge) => void;

/** Of how many people news is remembered for requests that are being planned. */
const MAX_RECENT_PEOPLE = 1_000;

/** All open requests by the people they ask for: a list costs only those that ask for its author. */
export class LiveRoutes {
  readonly #clock: Clock;
  readonly #watch: LiveRoutesOptions["watch"];
  readonly #part: LiveRoutesOptions["part"];
  readonly #connector: LiveRoutesOptions["connector"];
  readonly #followers = new Map<string, Set<Follower>>();
  /** What became known last, the newest last. */
  readonly #recent = new BoundedMap<string, RelayKnowledge>({ max: MAX_RECENT_PEOPLE });
  readonly #stop: () => void;

  /** Listens from now on. */
  constructor({ clock, part, source, watch, connector }: LiveRoutesOptions) {
    this.#connector = connector;
    this.#clock = clock;
    this.#part = part;
    this.#watch = watch;
    this.#stop = source.onList((list, kind) => this.#update(list, kind));
  }

  /** How many people open requests ask for. */
  get size(): number {
    return this.#followers.size;
  }

  /**
   * Keeps a request up with what becomes known, from when somebody listens to it until
   * nobody does.
   *
   * @param wrapReplan Adds to what replacements of lost relays must keep to.
   * @param found The stored events of the request are not over before.
   */
  follow(
    request: OutboxRequest,
    planned: Planned,
    wrapReplan: (replan: Replan) => Replan = (replan) => replan,
    found?: Found,
  ): void {
    const live = this.#part.of(({ LiveRequest }) =>
      new LiveRequest(request, {
        clock: this.#clock,
        planned,
        wrapReplan,
        connector: this.#connector,
      })
    );
    if (found) {
      request.hold(planned.early?.previews);
      // Nobody waits for it once lists are found.
      void live.attempt();
    }
    let hasEnded = false;
    const follower: Follower = (pubkey, news) =>
      live.when((request) => hasEnded || request.update(pubkey, news));
    const complete = async (all?: Awaited<Found>) => {
      const loaded = live.loaded ?? await live.attempt();
      if (hasEnded) return;
      if (loaded) loaded.complete(all);
      else request.release();
    };
    const people = listedPeople(planned);
    let unwatch: (() => void) | undefined;
    request.watcher = {
      begun: () => {
        this.#begin(follower, people, planned.input.knowledge);
        found?.then(complete, () => complete());
      },
      done: () => {
        live.made?.done();
        unwatch ??= this.#watch?.(people);
      },
      ended: () => {
        unwatch?.();
        hasEnded = true;
        live.made?.end();
        for (const pubkey of people) this.#forget(pubkey, follower);
      },
    };
  }

  /** Follows nothing any longer. */
  close(): void {
    this.#stop();
    this.#followers.clear();
    this.#recent.clear();
  }

  #begin(
    follower: Follower,
    people: ReadonlySet<string>,
    planned: ReadonlyMap<string, RelayKnowledge>,
  ): void {
    for (const pubkey of people) {
      const followers = this.#followers.get(pubkey);
      if (followers) followers.add(follower);
      else this.#followers.set(pubkey, new Set([follower]));
      // It may have become known since it was looked up.
      const recent = this.#recent.get(pubkey);
      if (recent && changedRoles(recent, planned.get(pubkey)).length > 0) {
        follower(pubkey, recent);
      }
    }
  }

  #forget(pubkey: string, follower: Follower): void {
    const followers = this.#followers.get(pubkey);
    if (followers?.delete(follower) && followers.size === 0) this.#followers.delete(pubkey);
  }

  #update(list: RelayList, kind: number): void {
    const { pubkey } = list;
    const news = listNews(list, kind);
    if (!news) return;
    this.#recent.set(pubkey, { ...this.#recent.get(pubkey), ...news });
    for (const follower of this.#followers.get(pubkey) ?? []) follower(pubkey, news);
  }
}

/** The people whose own lists decide which relays a request asks. */
function listedPeople({ assignment: { subjects, roles }, input, early }: Planned): Set<string> {
  const people = new Set(early?.pending);
  for (const { role, first, end } of roles) {
    for (let row = first; row < end; row++) {
      const author = role === "thread" && threadAuthor(subjects[row], input.knowledge);
      if (author) people.add(author);
      if (isListedRole(role)) people.add(subjects[row]);
    }
  }
  return people;
}
