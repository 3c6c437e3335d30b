/**
 * A request that follows lists which a test makes known while it is open.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Planned } from "../../src/create_req_router.ts";
import { type ListNews, LiveRoutes } from "../../src/live_routes.ts";
import type { RelayList } from "../../src/types.ts";
import { AUTHORS } from "./notes.ts";
import { type RequestSettings, RequestTest, url } from "./scripted_request.ts";

/** Lists that become known when a test says so. */
export class News implements ListNews {
  readonly #listeners = new Set<(list: RelayList, kind: number) => void>();

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  readonly onList = (listener: (list: RelayList, kind: number) => void): () => void => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Somebody has these relays from here on. */
  tell(pubkey: string, urls: readonly string[], kind = 10002): void {
    const list = { pubkey, created_at: 0, write: urls, read: urls };
    for (const listener of this.#listeners) listener(list, kind);
  }
}

/** See the module. */
export class LiveTest extends RequestTest {
  readonly news: News = new News();
  readonly routes: LiveRoutes = new LiveRoutes({ clock: this.clock, source: this.news });

  constructor(settings: RequestSettings = {}) {
    const routing = { indexerRelays: [], fallbackRelays: [url("z")], ...settings.routing };
    super({ ...settings, routing });
  }

  override async plan(...filters: NostrFilter[]): Promise<Planned> {
    const planned = await super.plan(...filters);
    this.routes.follow(this.request!, planned);
    return planned;
  }

  /** An author has these relays from here on, a letter each. */
  tell(author: number, letters: string): void {
    this.news.tell(AUTHORS[author], [...letters].map(url));
  }

  /** Whom each subscription at a relay asks for now, a letter each. */
  asking(letter: string): string[] {
    const relays = this.relays.filter((relay) => relay.url === url(letter));
    const reqs = relays.flatMap(({ live }) => live);
    return reqs.map(({ filters }) =>
      [...new Set(filters.flatMap(({ authors = [] }) => authors))]
        .map((pubkey) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[AUTHORS.indexOf(pubkey)]).sort().join("")
    );
  }
}
