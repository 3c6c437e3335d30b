/**
 * One request that several requests of the app share: it asks their relays once for all of them,
 * and each gets its own events, its own EOSE and its own end.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { TimeSlices } from "../base/time_slices.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { Planned } from "../plan/replan.ts";
import type { CompletionOptions } from "./completion.ts";
import type { Found } from "./live_routes.ts";
import type { OutboxRequest } from "./outbox_request.ts";
import { MemberIndex } from "./member_index.ts";
import { RequestMember } from "./request_member.ts";

/** What a shared request needs. */
export interface SharedRequestOptions extends CompletionOptions {
  /** Gives the connector of a relay. */
  readonly connector: (url: string) => RelayConnector;
  /** Makes the request that carries out the plan for all. */
  readonly together: (planned: Planned) => OutboxRequest;
  /** Makes the request that carries out the plan of one member. */
  readonly alone: (planned: Planned, found?: Found) => OutboxRequest;
  /** Called once if some members' stored events are over, and no relay of theirs answered. */
  readonly onUnanswered?: (error: Error) => void;
}

/** How long the members that are there wait for those that nobody listens to yet. */
const MAX_START_WAIT_MS = 5;
/** How long relays are kept that nobody may need any longer. */
const DROP_AFTER_MS = 500;

/** See the module. */
export class SharedRequest {
  readonly #planned: Planned;
  readonly #options: SharedRequestOptions;
  readonly #members = new Set<RequestMember>();
  readonly #index = new MemberIndex<RequestMember>();
  /** Members that finish at once, each with what the app does then, leave other work its turn. */
  readonly #slices: TimeSlices;
  readonly #asking = new AbortController();
  #request?: OutboxRequest;
  #isHandedOut = false;
  #hasStarted = false;
  #cancelStart?: () => void;
  /** The relays of members that none of their relays answered. */
  readonly #silent = new Set<string>();
  /** How many members there were when relays were last let go. */
  #membersAtDrop = Infinity;
  #cancelDrop?: () => void;

  /** @param planned The plan for all members. */
  constructor(planned: Planned, options: SharedRequestOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#slices = new TimeSlices(options.clock);
  }

  /**
   * A member that is not listened to yet, by its share of the plan.
   *
   * @param urls Its relays, as its relay indexes count them.
   */
  member(
    filters: readonly NostrFilter[],
    share: Planned,
    urls: readonly string[],
    found?: Found,
  ): RequestMember {
    const member = new RequestMember(share, {
      ...this.#options,
      verifying: () => this.#request?.verifying ?? [],
      enter: () => this.#enter(member),
      leave: () => this.#leave(member),
      alone: () => {
        const request = this.#options.alone(share, found);
        // By itself, a request counts relays as its assignment does.
        const indexes = urls.map((url) => share.assignment.urls.indexOf(url));
        return { listen: (index, ...rest) => request.listen(indexes[index], ...rest) };
      },
      inTurn: (finish) => void this.#slices.turn().then(finish),
      finished: () => this.#finished(member),
    });
    this.#members.add(member);
    this.#index.add(filters, member);
    return member;
  }

  /** All members have been handed out: it starts soon, whether they are listened to or not. */
  handedOut(): void {
    this.#isHandedOut = true;
    if ([...this.#members].some(({ isListenedTo }) => isListenedTo)) this.#startSoon();
  }

  /** Somebody listens to a member. */
  #enter(member: RequestMember): void {
    if (this.#hasStarted) return member.startAlone();
    if (this.#isHandedOut) this.#startSoon();
  }

  #startSoon(): void {
    if (this.#hasStarted) return;
    if ([...this.#members].every(({ isListenedTo }) => isListenedTo)) return this.#start();
    this.#cancelStart ??= this.#options.clock.after(MAX_START_WAIT_MS, () => this.#start());
  }

  /** Asks the relays for those that are there. Those that come later ask by themselves. */
  #start(): void {
    this.#hasStarted = true;
    this.#cancelStart?.();
    for (const member of this.#members) {
      if (!member.isListenedTo) this.#remove(member);
    }
    if (this.#members.size <= 1) return this.#members.forEach((member) => member.startAlone());
    const request = this.#request = this.#options.together(this.#planned);
    request.onProgress = () => this.#progressed(request);
    const { plan: { routes }, assignment: { urls } } = this.#planned;
    const { signal } = this.#asking;
    for (const [url, filters] of routes) {
      const connector = this.#options.connector(url);
      // Not over a queue: an EOSE must not overtake events.
      void request.listen(urls.indexOf(url), connector, filters, signal, (message) => {
        if (message[0] === "EVENT") this.#event(message[2]);
      });
    }
  }

  #event(event: NostrEvent): void {
    for (const member of this.#index.of(event)) member.event(event);
  }

  #progressed(request: OutboxRequest): void {
    for (const member of this.#members) {
      if (request.isDone) member.finish();
      else if (!member.isFinishing && !request.isHeld && request.isCovered(member.scope)) {
        member.check(request.progress(member.scope));
      }
    }
    if (request.isDone) void this.#slices.turn().then(() => this.#allFinished(request));
  }

  #allFinished(request: OutboxRequest): void {
    if (this.#silent.size > 0) {
      this.#options.onUnanswered?.(request.unansweredError([...this.#silent]));
      this.#silent.clear();
    }
    this.#dropUnneeded(request);
  }

  /** The stored events of a member are over. */
  #finished(member: RequestMember): void {
    const { isAnswered, urls } = this.#request!.progress(member.scope);
    if (!isAnswered) { for (const url of urls) this.#silent.add(url); }
  }

  /** Nobody listens to a member any longer. */
  #leave(member: RequestMember): void {
    this.#remove(member);
    const request = this.#request;
    if (this.#members.size === 0) {
      this.#cancelStart?.();
      this.#cancelDrop?.();
      this.#asking.abort();
    } else if (request?.isDone) this.#dropUnneeded(request);
  }

  #remove(member: RequestMember): void {
    this.#members.delete(member);
    this.#index.delete(member);
  }

  /**
   * Lets go of the relays from which nothing is requested for anybody who still listens; each time
   * that half of the members have left. Most may leave as soon as their stored events are over.
   */
  #dropUnneeded(request: OutboxRequest): void {
    const { size } = this.#members;
    // Once all have left, letting go of one relay would report progress without end.
    if (size === 0 || size > this.#membersAtDrop / 2) return;
    this.#cancelDrop ??= this.#options.clock.after(DROP_AFTER_MS, () => {
      this.#cancelDrop = undefined;
      this.#membersAtDrop = this.#members.size;
      const needed = new Set(
        [...this.#members].flatMap(({ scope }) => request.progress(scope).urls),
      );
      for (const url of this.#planned.assignment.urls) if (!needed.has(url)) request.drop(url);
    });
  }
}
