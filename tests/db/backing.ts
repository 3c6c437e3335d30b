/**
 * A kind of store under the contracts of databases.
 *
 * @module
 */

import type { OpenStore, StoreContractOptions } from "./contract.ts";

/** A kind of store, with what is special about it under the contract. */
export interface Backing extends StoreContractOptions {
  readonly name: string;
  readonly open: () => Promise<OpenStore>;
}

/** A database, closed when its test ends. */
export function own(db: OpenStore["db"] & { close(): Promise<void> }): OpenStore {
  return { db, close: () => db.close() };
}
