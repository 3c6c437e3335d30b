/**
 * Open requests follow what becomes known: lists that arrive while a request is open
 * change where it asks.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { DM_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayKnowledge, RelayList } from "../nostr/types.ts";
import type { Planned } from "../plan/replan.ts";
import { isListed } from "./live_plan.ts";
import { LiveRequest } from "./live_request.ts";
import type { OutboxRequest } from "./outbox_request.ts";

/** Where lists come from as they become known; {@link RelayListStore} is one. */
export interface ListNews {
  /** Tells of each list that is newer than what was stored, until the answer is called. */
  readonly onList: (listener: (list: RelayList, kind: number) => void) => () => void;
}

/** What open requests follow by. */
export interface LiveRoutesOptions {
  readonly clock: Clock;
  readonly source: ListNews;
  /** Keeps the lists of those fresh whom an open request asks for, until the answer is called. */
  readonly watch?: (pubkeys: Iterable<string>) => () => void;
}

/** How many people are remembered of whom something became known while a request was planned. */
const RECENT = 1_000;

/** All open requests, by whom they ask for: a list costs only those who ask for its author. */
export class LiveRoutes {
  readonly #clock: Clock;
  readonly #watch: LiveRoutesOptions["watch"];
  readonly #followers = new Map<string, Set<LiveRequest>>();
  /** What became known last, the newest last. */
  readonly #recent = new Map<string, RelayKnowledge>();
  readonly #stop: () => void;

  /** Listens from here on. */
  constructor({ clock, source, watch }: LiveRoutesOptions) {
    this.#clock = clock;
    this.#watch = watch;
    this.#stop = source.onList((list, kind) => this.#told(list, kind));
  }

  /** How many people open requests ask for. */
  get size(): number {
    return this.#followers.size;
  }

  /**
   * Keeps a request up with what becomes known, from when somebody listens to it until
   * nobody does.
   *
   * @param spare What keeps lost relays from being asked anew.
   */
  follow(
    request: OutboxRequest,
    planned: Planned,
    spare: (without: Planned["replan"]) => Planned["replan"] = (without) => without,
  ): void {
    const live = new LiveRequest(request, { clock: this.#clock, planned, spare });
    const people = peopleScope(planned);
    let unwatch: (() => void) | undefined;
    request.watcher = {
      begun: () => this.#begin(live, people, planned.input.known),
      done: () => {
        live.done();
        unwatch ??= this.#watch?.(people);
      },
      ended: () => {
        unwatch?.();
        live.end();
        for (const pubkey of people) this.#forget(pubkey, live);
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
    live: LiveRequest,
    people: ReadonlySet<string>,
    planned: ReadonlyMap<string, RelayKnowledge>,
  ): void {
    for (const pubkey of people) {
      const followers = this.#followers.get(pubkey);
      if (followers) followers.add(live);
      else this.#followers.set(pubkey, new Set([live]));
      // It may have become known since it was looked up.
      const known = this.#recent.get(pubkey);
      if (known && isNews(known, planned.get(pubkey))) live.tell(pubkey, known);
    }
  }

  #forget(pubkey: string, live: LiveRequest): void {
    const followers = this.#followers.get(pubkey);
    if (followers?.delete(live) && followers.size === 0) this.#followers.delete(pubkey);
  }

  #told({ pubkey, write, read }: RelayList, kind: number): void {
    const known = kind === RELAY_LIST_KIND
      ? { write, read }
      : kind === DM_LIST_KIND
      ? { dm: write }
      : undefined;
    if (!known) return;
    const before = this.#recent.get(pubkey);
    this.#recent.delete(pubkey);
    this.#recent.set(pubkey, { ...before, ...known });
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value!);
    for (const live of this.#followers.get(pubkey) ?? []) live.tell(pubkey, known);
  }
}

/** Whether lists say something else than what was known. */
function isNews(
  lists: Pick<RelayKnowledge, "write" | "read" | "dm">,
  known: RelayKnowledge = {},
): boolean {
  return (["write", "read", "dm"] as const).some((lane) =>
    lists[lane] !== undefined && lists[lane].join() !== known[lane]?.join()
  );
}

/** Those whose own lists say where a request asks. */
function peopleScope({ assignment: { subjects, roles } }: Planned): Set<string> {
  const people = new Set<string>();
  for (const { role, first, end } of roles) {
    if (!isListed(role)) continue;
    for (let row = first; row < end; row++) people.add(subjects[row]);
  }
  return people;
}
