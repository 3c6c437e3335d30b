/**
 * The relays that a request asks at a time, with those within it, so that they are no more than its
 * `maxRelays`: replacements take the places of lost relays.
 *
 * @module
 */

/** One relay that is being asked. */
export interface RelayUse {
  /** It does not work: another may take its place. */
  lost(): void;
  /** It works, perhaps again. */
  works(): void;
  /** It is let go. */
  end(): void;
}

/** How a relay is asked. */
export interface UseOptions {
  /** What it is asked for: subjects with their roles. */
  readonly subjects: () => readonly string[];
  /** Lets go of a replacement; absent for a relay of the plan. */
  readonly leave?: () => void;
}

interface Use extends UseOptions {
  readonly url: string;
  isLost: boolean;
}

/** See the module. */
export class RelaysInUse {
  readonly #max: number;
  readonly #uses = new Set<Use>();
  #isEnding = false;

  /** @param max Most relays. */
  constructor(max = Infinity) {
    this.#max = max;
  }

  /** The relays that are asked and not lost. */
  get urls(): ReadonlySet<string> {
    return new Set([...this.#uses].flatMap(({ url, isLost }) => isLost ? [] : url));
  }

  /** The relays that are asked, and not lost, for any of these subjects, each with its role. */
  urlsFor(subjects: ReadonlySet<string>): string[] {
    if (subjects.size === 0) return [];
    return [...this.#uses].flatMap(({ url, isLost, subjects: asked }) =>
      !isLost && asked().some((subject) => subjects.has(subject)) ? url : []
    );
  }

  /** How many more relays may be asked. */
  get room(): number {
    return Math.max(0, this.#max - this.urls.size);
  }

  /**
   * A relay is asked. If these are too many then, replacements are let go, the last first: whoever
   * they stand for is asked for elsewhere again.
   */
  add(url: string, options: UseOptions): RelayUse {
    const use: Use = { ...options, url, isLost: false };
    this.#uses.add(use);
    this.#fit();
    return {
      lost: () => use.isLost = true,
      works: () => {
        use.isLost = false;
        this.#fit();
      },
      end: () => this.#uses.delete(use),
    };
  }

  /**
   * Lets go of replacements for whom living relays of the plan are asked again: soon, since one relay
   * after the other may be asked for more.
   */
  async endReplaced(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await undefined;
    this.#isEnding = false;
    const replacements = [...this.#uses].filter(({ leave }) => leave !== undefined);
    if (replacements.length === 0) return;
    const planned = new Set(
      [...this.#uses].filter(({ leave, isLost }) => !leave && !isLost)
        .flatMap(({ subjects }) => subjects()),
    );
    for (const use of replacements) {
      if (use.subjects().every((subject) => planned.has(subject))) this.#end(use);
    }
  }

  #end(use: Use): void {
    this.#uses.delete(use);
    use.leave?.();
  }

  #fit(): void {
    for (const use of [...this.#uses].reverse()) {
      if (this.urls.size <= this.#max) return;
      if (use.leave !== undefined && !use.isLost) this.#end(use);
    }
  }
}
