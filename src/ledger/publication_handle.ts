/**
 * What an app holds of an event that it publishes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { homeOf, isOpenTarget, type PublicationTarget } from "./publication.ts";

/** An event on its way to its relays. */
export interface Publication {
  /** The event. */
  readonly event: NostrEvent;
  /** When it was published, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** `"pending"` as long as it is tried anywhere. */
  readonly state: "pending" | "done";
  /** Its relays, and how far it is at each. */
  readonly targets: readonly PublicationTarget[];
  /**
   * Resolves once at least one of the author's own relays has the event, and each was tried; for an
   * event that goes to none of these (a gift wrap, say), all of its relays count. Rejects with an
   * `AggregateError`, an error per relay, if each was tried and none has it. The others are tried
   * all the same.
   */
  readonly safe: Promise<void>;
  /**
   * Resolves with the targets once none is tried any longer. Rejects if the outbox is closed before
   * that.
   */
  readonly done: Promise<readonly PublicationTarget[]>;
  /** The targets now, and after each change, until none is tried any longer or the outbox is closed. */
  readonly changes: (
    opts?: { signal?: AbortSignal },
  ) => AsyncGenerator<readonly PublicationTarget[], void>;
  /**
   * Tries it again at once wherever it was not taken, what was refused or given up included.
   *
   * @throws {Error} If another process over the same database sends it.
   */
  readonly retry: () => void;
  /**
   * Gives it up wherever it was not taken.
   *
   * @throws {Error} If another process over the same database sends it.
   */
  readonly drop: () => void;
}

/** Where a {@link Publication} reads from. */
export interface PublicationSource {
  readonly event: NostrEvent;
  readonly publishedAt: number;
  targets(): readonly PublicationTarget[];
  /** Whether a relay could not be reached since the event was published. */
  hasFailed(relay: string): boolean;
  /** Calls `listener` after each change and at the end of the outbox; the result removes it. */
  listen(listener: () => void): () => void;
  /** The error of an outbox that is closed; `undefined` while it is open. */
  closedError(): Error | undefined;
  retry(): void;
  drop(): void;
}

/** The handle of a publication. */
export function publicationHandle(source: PublicationSource): Publication {
  const isDone = () => !source.targets().some(isOpenTarget);
  return {
    event: source.event,
    publishedAt: source.publishedAt,
    get state() {
      return isDone() ? "done" as const : "pending" as const;
    },
    get targets() {
      return source.targets();
    },
    get safe() {
      return until(source, () => isSafe(source)).then(() => {});
    },
    get done() {
      return until(source, () => isDone() ? source.targets() : undefined);
    },
    changes: (opts) => changes(source, isDone, opts?.signal),
    retry: () => source.retry(),
    drop: () => source.drop(),
  };
}

/**
 * Whether an event is safe, as a result for {@link until}.
 *
 * @throws {AggregateError} If it is not, and each relay that counts was tried.
 */
function isSafe(source: PublicationSource): true | undefined {
  const home = homeOf(source.targets());
  const isTried = ({ state, tries, relay }: PublicationTarget) =>
    state !== "pending" || tries > 0 || source.hasFailed(relay);
  if (!home.every(isTried)) return undefined;
  if (home.some(({ state }) => state === "taken")) return true;
  const errors = home.map(({ relay, state, reason = "not tried yet" }) =>
    new Error(`Relay ${relay} has not taken event ${source.event.id} (${state}): ${reason}`)
  );
  throw new AggregateError(errors, `No relay of its author has event ${source.event.id}`);
}

/** Waits until a look at a publication returns something, or throws. */
async function until<T>(source: PublicationSource, look: () => T | undefined): Promise<T> {
  for (;;) {
    const result = look();
    if (result !== undefined) return result;
    const closed = source.closedError();
    if (closed) throw closed;
    await changed(source);
  }
}

async function changed(source: PublicationSource, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const releases = [source.listen(resolve), onAbort(signal, resolve)];
  await promise;
  for (const release of releases) release();
}

async function* changes(
  source: PublicationSource,
  isDone: () => boolean,
  signal?: AbortSignal,
): AsyncGenerator<readonly PublicationTarget[], void> {
  let last: string | undefined;
  while (!signal?.aborted) {
    const targets = source.targets();
    const text = JSON.stringify(targets);
    if (text !== last) {
      last = text;
      yield targets;
      continue;
    }
    if (isDone() || source.closedError()) return;
    await changed(source, signal);
  }
}
