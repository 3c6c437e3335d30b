/**
 * Parts that are loaded when they are first needed.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { within } from "./within.ts";

/** A part whose loading fails with an error that says what could not be done. */
export function partOf<T>(action: string, load: () => Promise<T>): OnDemand<T> {
  return new OnDemand(() =>
    load().catch((cause: unknown) => {
      throw new Error(
        `Cannot ${action}: a part of @npool/outbox could not be loaded. The next call tries again`,
        { cause },
      );
    })
  );
}

/** Most actions that wait for a part to be loaded. */
const MAX_WAITING = 10_000;
/** How long the end waits for a part to be loaded. */
const MAX_LOADING_MS = 5_000;

/** A part that is loaded at most once; if that fails, the next call tries again. */
export class OnDemand<T> {
  readonly #load: () => Promise<T>;
  readonly #peek: () => T | undefined;
  readonly #onError: (error: Error) => void;
  #part?: T;
  #loading?: Promise<T>;
  #waiting: ((part: T) => void)[] = [];
  #acting?: Promise<void>;
  #hasFailed = false;

  /**
   * Loads nothing yet.
   *
   * @param peek Gives the part if that takes no loading.
   * @param onError Called with the first of several failures in a row, of those that no caller gets.
   */
  constructor(
    load: () => Promise<T>,
    peek: () => T | undefined = () => undefined,
    onError: (error: Error) => void = () => {},
  ) {
    this.#load = load;
    this.#peek = peek;
    this.#onError = onError;
  }

  /** The part, if it was used before. */
  get made(): T | undefined {
    return this.#part;
  }

  /** The part, if that takes no loading. */
  get loaded(): T | undefined {
    return this.#part ??= this.#peek();
  }

  /** Loads the part, once. @throws What loading throws; then the next call tries again. */
  load(): Promise<T> {
    const { loaded } = this;
    if (loaded !== undefined) return Promise.resolve(loaded);
    return this.#loading ??= this.#load().then((part) => {
      this.#hasFailed = false;
      return this.#part ??= part;
    }).finally(() => this.#loading = undefined);
  }

  /** The same as {@link load}, but calls `onError` if that fails, and never rejects. */
  async attempt(): Promise<T | undefined> {
    try {
      return await this.load();
    } catch (error) {
      this.#report(error as Error);
      return undefined;
    }
  }

  /**
   * Calls `action` with the part: at once if it is loaded, or else when it is, in the order of the
   * calls. If it cannot be loaded, or 10,000 actions wait, the action is forgotten.
   */
  when(action: (part: T) => void): void {
    const { loaded } = this;
    if (loaded !== undefined && !this.#acting) return action(loaded);
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(action);
    this.#acting ??= this.#act();
  }

  /** Resolves once no action waits, or the part takes over five seconds to load. Never rejects. */
  async idle(clock: Clock): Promise<void> {
    if (this.#acting) await within(this.#acting, clock, MAX_LOADING_MS);
  }

  /**
   * A part that is made of this one, once.
   *
   * @param onError See the constructor. @default failures count as this part's
   */
  of<U>(
    make: (part: T) => U,
    onError: (error: Error) => void = (error) => this.#report(error),
  ): OnDemand<U> {
    let made: U | undefined;
    const once = (part: T) => made ??= make(part);
    return new OnDemand(
      async () => once(await this.load()),
      () => this.loaded === undefined ? undefined : once(this.loaded),
      onError,
    );
  }

  #report(error: Error): void {
    if (!this.#hasFailed) this.#onError(error);
    this.#hasFailed = true;
  }

  async #act(): Promise<void> {
    const part = await this.attempt();
    if (part !== undefined) {
      // Those that an action adds come last.
      for (const action of this.#waiting) action(part);
    }
    this.#waiting = [];
    this.#acting = undefined;
  }
}
