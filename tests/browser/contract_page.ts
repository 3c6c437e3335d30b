/**
 * The contracts of databases, for a page in a browser: `runTests()` runs them there.
 *
 * @module
 */

import { storeContract } from "../db/contract.ts";
import { indexedDbBacking } from "../db/indexeddb_backing.ts";
import { recordsContract } from "../db/records_contract.ts";
import { relayListContract } from "../support/relay_list_contract.ts";

/** How a test ended. */
export interface Outcome {
  readonly name: string;
  /** Absent if it passed. */
  readonly error?: string;
}

// The page has made a `Deno.test` that collects.
const tests = (globalThis as unknown as { tests: Deno.TestDefinition[] }).tests;

const { name, open, ...options } = indexedDbBacking("IndexedDB");
storeContract(name, open, options);
recordsContract({ name, open, ...options });
relayListContract({ name, open, ...options });

async function runTests(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, fn } of tests) {
    try {
      await fn(undefined as never);
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: error instanceof Error ? `${error.stack}` : `${error}` });
    }
  }
  return outcomes;
}

Object.assign(globalThis, { runTests });
