/**
 * Web Locks and `BroadcastChannel` of a browser, for tabs that are objects of one program.
 *
 * @module
 */

type Callback = (lock: { name: string } | null) => unknown;

interface Options {
  readonly ifAvailable?: boolean;
  readonly signal?: AbortSignal;
}

/** Stands in for a browser until it is restored. */
export class FakeBrowser {
  readonly #channels = new Map<string, Set<FakeChannel>>();
  /** By name: the one that holds it, and those that wait. */
  readonly #locks = new Map<string, (() => void)[]>();
  readonly #frozen = new Set<string>();
  readonly #restore: (() => void)[] = [];

  /** Puts its parts where programs look for them. */
  constructor({ hasLocks = true } = {}) {
    const channels = this.#channels;
    const isFrozen = (name: string) => [...this.#frozen].some((prefix) => name.startsWith(prefix));
    this.#replace(
      globalThis,
      "BroadcastChannel",
      class extends FakeChannel {
        constructor(name: string) {
          super(name, channels, isFrozen);
        }
      },
    );
    const request = (name: string, ...rest: [Options, Callback]) => this.#request(name, ...rest);
    this.#replace(navigator, "locks", hasLocks ? { request } : undefined);
  }

  /** What is said on channels whose names begin like this is heard by nobody from now on. */
  freeze(channels: string): void {
    this.#frozen.add(channels);
  }

  /** It is heard again. */
  thaw(): void {
    this.#frozen.clear();
  }

  /** How many ends of channels are open. */
  get channels(): number {
    return [...this.#channels.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Puts back what was there before. */
  restore(): void {
    for (const restore of this.#restore) restore();
  }

  #replace(object: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
    this.#restore.push(() => {
      if (before) Object.defineProperty(object, name, before);
      else delete (object as Record<string, unknown>)[name];
    });
  }

  async #request(name: string, options: Options, callback: Callback): Promise<void> {
    await Promise.resolve();
    const holders = this.#locks.get(name) ?? [];
    this.#locks.set(name, holders);
    if (options.ifAvailable && holders.length > 0) return void await callback(null);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => {
      // One that is held already is not given back by its signal.
      if (holders.indexOf(resolve) < 1) return;
      holders.splice(holders.indexOf(resolve), 1);
      reject(new DOMException("aborted", "AbortError"));
    };
    options.signal?.addEventListener("abort", abort);
    if (holders.push(resolve) === 1) resolve();
    await promise;
    try {
      await callback({ name });
    } finally {
      holders.shift();
      holders[0]?.();
    }
  }
}

/** One end of a channel. */
class FakeChannel {
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  readonly #name: string;
  readonly #channels: Map<string, Set<FakeChannel>>;
  readonly #isFrozen: (name: string) => boolean;

  constructor(
    name: string,
    channels: Map<string, Set<FakeChannel>>,
    isFrozen: (name: string) => boolean,
  ) {
    this.#name = name;
    this.#channels = channels;
    this.#isFrozen = isFrozen;
    channels.set(name, (channels.get(name) ?? new Set()).add(this));
  }

  postMessage(data: unknown): void {
    for (const other of [...this.#channels.get(this.#name) ?? []]) {
      if (other === this || this.#isFrozen(this.#name)) continue;
      queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) }));
    }
  }

  close(): void {
    this.onmessage = null;
    this.#channels.get(this.#name)?.delete(this);
  }
}
