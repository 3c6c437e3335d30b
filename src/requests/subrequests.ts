/**
 * The tree of a request: the requests that are part of it, and which relay's EOSE waits
 * for which of them.
 *
 * A replacement asks other relays for subjects whose relays are lost. An extension asks
 * for what was planned later.
 *
 * @module
 */

/** How a request is part of another. */
export interface SubrequestOptions {
  /** The relay of the larger request whose EOSE waits for it. */
  readonly relayIndex: number;
  /** Whether it asks for what was planned later, and not in place of a lost relay. */
  readonly isExtension: boolean;
  /** Whether it is waited for like the first relays of the larger request. @default false */
  readonly isEssential?: boolean;
}

interface Subrequest extends SubrequestOptions {
  /** Whether its stored events are still waited for. */
  isPending: boolean;
  /** Settles when all of its relays were let go. */
  ended?: Promise<unknown>;
}

/** The requests that are part of one request, until they have ended. */
export class Subrequests<R> {
  readonly #parts = new Map<R, Subrequest>();

  /**
   * Adds a request and starts it.
   *
   * @param run Carries it out; it has ended when the promise resolves.
   */
  add(request: R, options: SubrequestOptions, run: () => Promise<unknown>): void {
    const part: Subrequest = { ...options, isPending: true };
    this.#parts.set(request, part);
    part.ended = run().then(() => this.#parts.delete(request));
  }

  /** Notes that the stored events of a request are over. */
  done(request: R): void {
    const part = this.#parts.get(request);
    if (part) part.isPending = false;
  }

  /** Whether the stored events of any request are still waited for. */
  get hasPending(): boolean {
    return [...this.#parts.values()].some(({ isPending }) => isPending);
  }

  /** Whether the stored events of an essential request are still waited for. */
  get hasEssential(): boolean {
    return [...this.#parts.values()].some((part) => part.isPending && part.isEssential);
  }

  /** Whether a request is essential. */
  isEssential(request: R): boolean {
    return this.#parts.get(request)?.isEssential === true;
  }

  /** Whether the EOSE of a relay waits for a request. */
  isAwaitedBy(relayIndex: number): boolean {
    return [...this.#parts.values()]
      .some((part) => part.isPending && part.relayIndex === relayIndex);
  }

  /** The requests that have not ended. */
  get all(): R[] {
    return [...this.#parts.keys()];
  }

  /** Those of them that ask for what was planned later. */
  get extensions(): R[] {
    return [...this.#parts].flatMap(([request, { isExtension }]) => isExtension ? request : []);
  }

  /** Resolves when all have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#parts.values()].map(({ ended }) => ended));
  }
}
