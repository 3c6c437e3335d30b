/**
 * The outbox of this page: one for the whole app, outside React.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox, type Outbox } from "@npool/outbox";
import { type IndexedDb, openIndexedDb } from "@npool/outbox/indexeddb";
import { shareRelays } from "@npool/outbox/tabs";

/** Relays of a developer's own machine, in place of public ones: `?relay=ws://localhost:7777`. */
const LOCAL = new URLSearchParams(location.search).getAll("relay");

/** What the app has. */
export interface App {
  readonly outbox: Outbox;
  readonly pool: NPool;
  readonly db: IndexedDb;
}

async function start(): Promise<App> {
  const db = await openIndexedDb("outbox-react-example");
  const outbox = createOutbox({
    store: db,
    open: shareRelays().open,
    fallbackRelays: LOCAL.length > 0 ? LOCAL : ["wss://relay.damus.io", "wss://nos.lol"],
    ...LOCAL.length > 0
      ? {
        indexerRelays: LOCAL,
        policy: { allowLocal: true, allowInsecure: true },
        relayInfo: false,
      }
      : {},
    onError: (error) => console.warn(error),
  });
  return { outbox, pool: new NPool(outbox), db };
}

/** Started once, when the module is loaded. */
export const app: Promise<App> = start();
