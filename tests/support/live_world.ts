/**
 * An open request, and lists that a test makes known meanwhile.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Planned } from "../../src/plan/replan.ts";
import { learningPart } from "../../src/parts.ts";
import { LiveRoutes } from "../../src/requests/live_routes.ts";
import "./loaded_parts.ts";
import { News } from "../../testing/list_news.ts";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import type { ScriptedReq } from "../../testing/scripted_req.ts";
import { AUTHORS } from "./notes.ts";
import { type RequestSettings, RequestTest, url } from "./scripted_request.ts";

/** See the module. */
export class LiveTest extends RequestTest {
  readonly news: News = new News();
  readonly routes: LiveRoutes = new LiveRoutes({
    clock: this.clock,
    source: this.news,
    part: learningPart,
  });

  constructor(settings: RequestSettings = {}) {
    // A dozen people who name one relay are for one test; they stand for few in the others.
    const few = { indexerRelays: [], fallbackRelays: [url("z")], popularRelays: 0 };
    super({ ...settings, routing: { ...few, ...settings.routing } });
  }

  override async plan(...filters: NostrFilter[]): Promise<Planned> {
    const planned = await super.plan(...filters);
    this.routes.follow(this.request!, planned);
    return planned;
  }

  /** The list of an author becomes known: these relays, a letter each. */
  announce(author: number, letters: string): void {
    this.news.tell(AUTHORS[author], [...letters].map(url));
  }

  /** The authors that each subscription at a relay asks for now, a letter each. */
  asking(letter: string): string[] {
    const relays = this.relays.filter((relay) => relay.url === url(letter));
    const isProbe = ({ filters: [{ ids }] }: ScriptedReq) => ids?.[0] === "0".repeat(64);
    const reqs = relays.flatMap(({ live }) => live).filter((req) => !isProbe(req));
    return reqs.map(({ filters }) =>
      [...new Set(filters.flatMap(({ authors = [] }) => authors))]
        .map((pubkey) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[AUTHORS.indexOf(pubkey)]).sort().join("")
    );
  }
}

/** An open request for so many unknown authors, which every relay has answered. */
export async function openFeed(
  authors: number,
  scripts: Record<string, Script> = {},
  settings: RequestSettings = {},
): Promise<LiveTest> {
  const answering = Object.fromEntries([..."abcdefghz"].map((letter) => [letter, holding([])]));
  const test = new LiveTest({ ...settings, scripts: { ...answering, ...scripts } });
  await test.begin({ kinds: [1], authors: AUTHORS.slice(0, authors) });
  await test.clock.advance(1_000);
  return test;
}
