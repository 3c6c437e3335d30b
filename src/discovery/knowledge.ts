/**
 * All that an outbox knows of where people are, put together: lists that are stored,
 * lists that are looked for, the user's own lists, and hints.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import type { HintBook } from "../hints/hint_book.ts";
import { addDmLists, addHints, authorHints } from "../hints/merge_hints.ts";
import type { UserLists } from "../lists/user_lists.ts";
import { DM_LIST_KIND, LIST_KINDS, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import type {
  KnowledgeSource,
  Lookup,
  RelayHint,
  RelayKnowledge,
  RelayListSource,
} from "../nostr/types.ts";

/** What is known, and who finds what is not. */
export interface KnowledgeOptions {
  readonly clock: Clock;
  readonly store: RelayListSource;
  readonly book: Pick<HintBook, "ready" | "has" | "get" | "authorOf">;
  /** Looks for lists; absent where nobody is to be asked. */
  readonly discovery?: {
    ready(): Promise<void>;
    find(kind: number, pubkeys: readonly string[], opts: FindOptions): Promise<void>;
  };
  /** The app's user, with their own lists. */
  readonly user?: {
    readonly pubkey: string;
    readonly lists: Pick<UserLists, "ready" | "private" | "groups">;
  };
  /** Whether a relay is usable. */
  readonly check: (url: string) => RelayUrlCheck;
  /** How long lists that are missing are waited for, in milliseconds. */
  readonly wait: number;
}

/** How lists are looked for. */
export interface FindOptions {
  readonly signal?: AbortSignal;
  /** How long to wait for them, in milliseconds. */
  readonly wait: number;
}

/** How often the user's own lists are looked for anew, if they are due, in milliseconds. */
const OFTEN = 600_000;
/** What the user's own list says of a group; a request that names its host itself says more. */
const OWN_GROUP = 0.99;

/** See the module. */
export class Knowledge implements KnowledgeSource {
  readonly #options: KnowledgeOptions;
  /** The last search for the user's own lists, and when it began. */
  #own?: { readonly at: number; readonly search: Promise<unknown> };

  /** Nothing is read, and nobody is asked, before the first look. */
  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  /**
   * What is known. Lists that are missing are looked for, and waited for a while.
   *
   * @throws What the database throws, or the reason of the signal.
   */
  async lookUp(wishes: Lookup, { signal }: LookOptions = {}): Promise<Answer> {
    const { discovery, wait } = this.#options;
    const opts = { signal, wait };
    await this.during(() => {
      const people = discovery?.find(RELAY_LIST_KIND, this.#people(wishes), opts);
      const dm = wishes.dm.length > 0 && discovery?.find(DM_LIST_KIND, wishes.dm, opts);
      return Promise.all([people, dm]);
    }, signal);
    return await this.known(wishes, { signal });
  }

  /**
   * Searches, and for the user's own lists besides: once it is read whom they block, as far
   * as that is stored, and until it is known what else there is, or waited for no longer.
   *
   * @throws What the search or the database throws, or the reason of the signal.
   */
  async during<T>(search: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { discovery } = this.#options;
    await abortable(Promise.all([this.#read(), discovery?.ready()]), signal);
    const [found] = await Promise.all([search(), abortable(this.#findOwn(), signal)]);
    return found;
  }

  /** The same as {@link Knowledge.lookUp} as things stand: nobody is asked. */
  async known(wishes: Lookup, { signal }: LookOptions = {}): Promise<Answer> {
    const { store, user } = this.#options;
    await abortable(this.#read(), signal);
    const people = this.#people(wishes);
    let known: ReadonlyMap<string, RelayKnowledge> = await store.get(people, { signal });
    if (wishes.dm.length > 0) {
      known = addDmLists(known, await store.get(wishes.dm, { signal, kind: DM_LIST_KIND }));
    }
    if (user && wishes.private.includes(user.pubkey)) {
      const own = { ...known.get(user.pubkey), private: user.lists.private };
      known = new Map([...known, [user.pubkey, own]]);
    }
    return addHints(known, this.#hints(people, wishes.eventsAndGroups, known));
  }

  /** Resolves once what is stored is read. */
  async #read(): Promise<void> {
    const { book, user } = this.#options;
    await Promise.all([book.ready(), user?.lists.ready()]);
  }

  /** Looks for the user's own lists; the first time alone those that are missing are waited for. */
  #findOwn(): Promise<unknown> {
    const { clock, discovery, user, wait } = this.#options;
    if (!user || !discovery) return Promise.resolve();
    const at = clock.now();
    if (this.#own && Math.abs(at - this.#own.at) < OFTEN) return this.#own.search;
    const opts = { wait: this.#own ? 0 : wait };
    const finds = LIST_KINDS.map((kind) => discovery.find(kind, [user.pubkey], opts));
    const search = Promise.all(finds).catch((error: unknown) => {
      this.#own = undefined;
      throw error;
    });
    this.#own = { at, search };
    return search;
  }

  /** Whose lists are wanted: those of authors whom hints name, too. */
  #people({ people, eventsAndGroups }: Lookup): readonly string[] {
    const authors = eventsAndGroups.flatMap((key) => this.#options.book.authorOf(key) ?? []);
    return authors.length > 0 ? [...people, ...authors] : people;
  }

  /** The hints about people without a usable list, and about events and groups. */
  #hints(
    people: readonly string[],
    things: readonly string[],
    known: ReadonlyMap<string, RelayKnowledge>,
  ): Map<string, RelayHint[]> {
    const { book } = this.#options;
    const hints = new Map<string, RelayHint[]>();
    const put = (key: string, some: RelayHint[]) => some.length > 0 && hints.set(key, some);
    for (const pubkey of people) {
      const list = known.get(pubkey);
      // Cheapest first: most have a list, and nothing else is known of them.
      if (list && (!book.has(pubkey) || this.#isEnough(list))) continue;
      put(pubkey, book.get(pubkey));
    }
    for (const key of things) {
      const hosts = this.#hosts(key);
      const author = book.authorOf(key);
      const written = author === undefined ? undefined : known.get(author);
      put(key, hosts.length > 0 ? hosts : [...book.get(key), ...authorHints(written ?? {})]);
    }
    return hints;
  }

  /** Whether there are usable relays in a list, to read from and to write to. */
  #isEnough({ write = [], read = [] }: RelayKnowledge): boolean {
    const { check } = this.#options;
    return [write, read].every((urls) => urls.some((url) => check(url).url !== undefined));
  }

  /** The host that the user's own list names for a group. */
  #hosts(key: string): RelayHint[] {
    for (const [id, url] of this.#options.user?.lists.groups ?? []) {
      if (subjectKey("group", id) === key) return [{ url, weight: OWN_GROUP, source: "hand" }];
    }
    return [];
  }
}

type Answer = ReadonlyMap<string, RelayKnowledge>;
type LookOptions = { readonly signal?: AbortSignal };
