/**
 * Finds the relay to name in what one writes: in `p`, `e`, `q` and `a` tags, in `nprofile` and
 * `nevent` codes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { show } from "./base/check_option.ts";
import { isAddressableKind } from "nostr-tools/kinds";
import type { Knowledge } from "./discovery/knowledge.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { RelayUrlCheck } from "./nostr/relay_url.ts";
import { eventKey, isSubjectKey } from "./nostr/subject_key.ts";

/** What a {@link HintFinder} needs. */
export interface HintFinderOptions {
  /** Has the relays that people write to. */
  readonly knowledge: Pick<Knowledge, "known">;
  /** Called if these cannot be looked up. */
  readonly onError: (error: Error) => void;
  /** The relays that sent an event, by its key; the first to send it first. */
  readonly seenOn: (key: string) => Promise<readonly string[]>;
  /** Which relays may be named. */
  readonly check: (url: string) => RelayUrlCheck;
  /** How much a relay counts; one of weight 0 is not named. */
  readonly weight: (url: string) => number;
}

/** See the module. */
export class HintFinder {
  readonly #options: HintFinderOptions;

  constructor(options: HintFinderOptions) {
    this.#options = options;
  }

  /** See `Outbox.hintFor`. */
  async hintFor(subject: string | NostrEvent): Promise<string | undefined> {
    if (typeof subject === "string") {
      if (isPubkey(subject)) return this.#best(await this.#writeRelays(subject));
      throw new TypeError(
        `Cannot give a hint: it must be about a pubkey (64 lowercase hex) or an event, got ${
          show(subject)
        }`,
      );
    }
    const { id, kind, pubkey, tags } = Object(subject) as NostrEvent;
    if (!isPubkey(pubkey) || !isPubkey(id)) {
      throw new TypeError(
        `Cannot give a hint: an event must have "id" and "pubkey", got ${show(id)}`,
      );
    }
    const seen = new Set(await this.#options.seenOn(eventKey(id)));
    if (isAddressableKind(kind)) {
      const [, name = ""] = tags.find(([tag]) => tag === "d") ?? [];
      const address = `${kind}:${pubkey}:${name}`;
      for (const url of await this.#options.seenOn(eventKey(address))) seen.add(url);
    }
    const own = await this.#writeRelays(pubkey);
    // Where it was seen and its author writes, it stays.
    return this.#best(own.filter((url) => seen.has(url))) ?? this.#best([...seen]) ??
      this.#best(own);
  }

  /** See `Outbox.seenOn`. */
  async seenOn(event: string): Promise<string[]> {
    const key = typeof event === "string" ? eventKey(event) : "";
    if (isSubjectKey(key)) return [...await this.#options.seenOn(key)];
    throw new TypeError(
      `Cannot say where an event was seen: it must be an event id (64 lowercase hex) or ` +
        `"kind:pubkey:d", got ${show(event)}`,
    );
  }

  /** The relays that a person writes to, as far as that is stored; the preferred ones first. */
  async #writeRelays(pubkey: string): Promise<readonly string[]> {
    const { knowledge, onError } = this.#options;
    const lookup = { people: [pubkey], dm: [], private: [], eventsAndGroups: [] };
    const onFailure = (cause: unknown) =>
      onError(new Error(`Cannot look up the relays of ${pubkey} for a hint`, { cause }));
    return (await knowledge.known(lookup, { onFailure })).get(pubkey)?.write ?? [];
  }

  /** The heaviest; of equal ones the first. */
  #best(urls: readonly string[]): string | undefined {
    const { check, weight } = this.#options;
    let best: string | undefined;
    let most = 0;
    for (const value of urls) {
      const { url } = check(value);
      const weighs = url === undefined ? 0 : weight(url);
      if (weighs > most) [best, most] = [url, weighs];
    }
    return best;
  }
}
