/**
 * The lists of one user, in a source that a test changes, and a signer that it controls.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import type { ListListener } from "../../src/lists/relay_list_store.ts";
import { UserLists, type UserListsOptions } from "../../src/lists/user_lists.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { NOW } from "./list_store.ts";

/** The user. */
export const USER = "aa".repeat(32);

/** A list of the user; its id is made of its kind and time, unless `fields` has one. */
export function ownList(
  kind: number,
  tags: unknown[],
  fields: Partial<NostrEvent> = {},
): NostrEvent {
  const created_at = fields.created_at ?? NOW;
  const id = `${kind}${created_at}`.padStart(64, "0");
  return {
    kind,
    pubkey: USER,
    created_at,
    id,
    tags: tags as string[][],
    content: "",
    sig: "",
    ...fields,
  };
}

/** Private entries as content: the tags themselves stand for the encrypted text. */
export const sealed = (tags: unknown[]) => ({ content: JSON.stringify(tags) });

/** Events, and the listeners to lists among them. */
export class OwnSource {
  readonly events: NostrEvent[] = [];
  readonly listeners = new Set<ListListener>();
  /** How many queries there were. */
  queries = 0;
  /** While it is set, queries wait for it. */
  held: Promise<void> | undefined;

  async query(filters: Parameters<UserListsOptions["store"]["query"]>[0]): Promise<NostrEvent[]> {
    this.queries++;
    const events = this.events.filter((event) => matchFilters(filters, event));
    await this.held;
    return events;
  }

  onList(listener: ListListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Stores a list in place of the last one, and notifies the listeners. */
  put(event: NostrEvent): void {
    const at = this.events.findIndex(({ kind, pubkey }) =>
      kind === event.kind && pubkey === event.pubkey
    );
    this.events.splice(at < 0 ? this.events.length : at, at < 0 ? 0 : 1, event);
    this.#notify(event, event);
  }

  /** Removes the user's list of this kind, and notifies the listeners as of a deletion. */
  delete(kind: number): void {
    const rest = this.events.filter((event) => event.kind !== kind || event.pubkey !== USER);
    this.events.splice(0, this.events.length, ...rest);
    this.#notify({ kind, pubkey: USER, created_at: NOW + 1 });
  }

  #notify(
    { pubkey, created_at, kind }: Pick<NostrEvent, "pubkey" | "created_at" | "kind">,
    event?: NostrEvent,
  ): void {
    for (const listener of this.listeners) {
      listener({ pubkey, created_at, write: [], read: [] }, kind, event);
    }
  }
}

/** A user's lists, over a source with these events. */
export function setUp(events: NostrEvent[] = [], options: Partial<UserListsOptions> = {}) {
  const source = new OwnSource();
  source.events.push(...events);
  const clock = new TestClock();
  const errors: Error[] = [];
  const lists = new UserLists({
    user: USER,
    store: source,
    check: (url) => checkRelayUrl(url),
    clock,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { source, clock, errors, lists };
}

/** A signer that decrypts what {@link sealed} sealed, and records its calls. */
export function openSigner() {
  const calls: string[][] = [];
  const decrypter = (nip: string) => ({
    decrypt: (pubkey: string, text: string) => {
      calls.push([nip, pubkey, text]);
      return Promise.resolve(text.replace("?iv=x", ""));
    },
  });
  return { calls, signer: { nip44: decrypter("nip44"), nip04: decrypter("nip04") } };
}
