/**
 * Which of many filters an event answers.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { FilterPage } from "./answer_pages.ts";

/** Pages by the authors that their filters name, so that few filters are tried. */
export class PageIndex {
  readonly #byAuthor = new Map<string, FilterPage[]>();
  readonly #others: FilterPage[] = [];

  constructor(pages: readonly FilterPage[]) {
    for (const page of pages) {
      if (!page.filter.authors) {
        this.#others.push(page);
        continue;
      }
      for (const author of new Set(page.filter.authors)) {
        const own = this.#byAuthor.get(author);
        if (own) own.push(page);
        else this.#byAuthor.set(author, [page]);
      }
    }
  }

  /** The pages whose filters match an event. */
  of(event: NostrEvent): FilterPage[] {
    const named = this.#byAuthor.get(event.pubkey) ?? [];
    return [...named, ...this.#others].filter(({ filter }) => matchFilter(filter, event));
  }
}
