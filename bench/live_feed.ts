/**
 * An open request at relays that answer at once and have nothing, while lists arrive.
 *
 * @module
 */

import type { RelayConnector } from "../src/connections/relay_connector.ts";
import { reqPlanner } from "../src/create_req_router.ts";
import type { RelayList } from "../src/nostr/relay_knowledge.ts";
import { learningPart, loadParts } from "../src/parts.ts";
import { LiveRoutes } from "../src/requests/live_routes.ts";
import { OutboxRequest } from "../src/requests/outbox_request.ts";
import { News } from "../testing/list_news.ts";
import { MemorySource } from "../testing/memory_source.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";

/** What a feed cost, and where it ended. */
export interface FeedOutcome {
  /** How long it took, in milliseconds, the relays' part included. */
  readonly ms: number;
  /** REQs that relays got. */
  readonly reqs: number;
  /** Most REQs that one relay had open at once. */
  readonly most: number;
  /** The people that each relay is asked for in the end. */
  readonly asked: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Opens a feed over people without known lists; then their lists arrive, one by one. */
export async function followLists(
  lists: readonly RelayList[],
  { fallback, intervalMs }: { fallback: string; intervalMs: number },
): Promise<FeedOutcome> {
  await loadParts();
  const network = new ScriptedNetwork(holding([]));
  const { clock, fake: { memory } } = network;
  const news = new News();
  const routes = new LiveRoutes({ clock, source: news, part: learningPart });
  const routing = { fallbackRelays: [fallback], indexerRelays: [] };
  const feed = [{ kinds: [1], authors: lists.map(({ pubkey }) => pubkey) }];
  const planned = await reqPlanner(new MemorySource(), routing).plan(feed);
  const connector = (url: string): RelayConnector => network.link(url);
  const relays = { clock, memory, random: () => 0.5, maxPages: 20 };
  const options = { ...relays, timeout: 30_000, stragglerTimeout: 100, connector };
  const request = new OutboxRequest(planned.assignment, options, planned.replan);
  routes.follow(request, planned);
  const controller = new AbortController();
  const reading = [...planned.plan.routes].map(([url, filters], relayIndex) =>
    request.listen(relayIndex, connector(url), filters, controller.signal, () => {})
  );
  await clock.advance(1_000);

  const open = () =>
    Map.groupBy(network.live, (req) => network.relays.find(({ reqs }) => reqs.includes(req))!.url);
  let most = 0;
  const start = performance.now();
  let watching = 0;
  for (const [i, { pubkey, write }] of lists.entries()) {
    news.tell(pubkey, write);
    await clock.advance(intervalMs);
    if (i % 50 > 0) continue;
    const before = performance.now();
    most = Math.max(most, ...[...open().values()].map(({ length }) => length));
    watching += performance.now() - before;
  }
  await clock.advance(60_000);
  const ms = performance.now() - start - watching;
  const asked = new Map([...open()].map(([url, reqs]) => [
    url,
    new Set(reqs.flatMap(({ filters }) => filters.flatMap(({ authors = [] }) => authors))),
  ]));
  controller.abort();
  await Promise.all(reading);
  const reqs = network.relays.reduce((sum, { reqs }) => sum + reqs.length, 0);
  return { ms, reqs, most, asked };
}
