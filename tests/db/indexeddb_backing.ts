/**
 * IndexedDB under the contracts of databases: in memory, or that of a browser.
 *
 * @module
 */

import { openIndexedDb } from "../../src/db/indexeddb.ts";
import { type Backing, own } from "./backing.ts";

let opened = 0;

/** A new database for each test. */
export function indexedDbBacking(name: string): Backing {
  return {
    name,
    runs: 30,
    open: async () => own(await openIndexedDb(`contract ${++opened}`)),
  };
}
