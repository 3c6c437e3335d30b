/**
 * One suite for every store of events: what `NStore` promises and the NIPs ask.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import assert from "node:assert/strict";
import { testUnless } from "../support/test_unless.ts";
import type { ClaimContext, Claims } from "./claims.ts";
import { deletionClaims } from "./contract_deletions.ts";
import { lawClaims } from "./contract_laws.ts";
import { queryClaims } from "./contract_queries.ts";
import { versionClaims } from "./contract_versions.ts";
import { type Sign, unsigned } from "./events.ts";

/** A store to be tested, empty. */
export interface OpenStore {
  readonly db: NStore;
  close(): Promise<void>;
}

/** What is special about a store under the contract. */
export interface StoreContractOptions {
  /**
   * Claims that do not hold there, with the reason. They are tried all the same,
   * and must fail: a deviation that is none any more is an error.
   */
  readonly deviations?: Readonly<Record<string, string>>;
  /** Makes the events; real signatures where the store checks them. */
  readonly sign?: Sign;
  /** How often a property is tried. */
  readonly runs?: number;
  /** Why the store cannot be tested on this machine. */
  readonly skip?: string;
}

const CLAIMS: Claims = {
  ...queryClaims,
  ...versionClaims,
  ...deletionClaims,
  ...lawClaims,
};

/** Registers the suite's tests for one kind of store. */
export function storeContract(
  name: string,
  open: () => Promise<OpenStore>,
  options: StoreContractOptions = {},
): void {
  const { deviations = {}, sign = unsigned, runs = 100, skip } = options;
  for (const claim of Object.keys(deviations)) {
    assert.ok(claim in CLAIMS, `no such claim: ${claim}`);
  }
  for (const [claim, test] of Object.entries(CLAIMS)) {
    const reason = deviations[claim];
    const context = { sign, runs };
    const run = () => withStore(open, test, context);
    if (reason) {
      testUnless(skip, `${name} deviates (${reason}): ${claim}`, () => assert.rejects(run));
    } else testUnless(skip, `${name}: ${claim}`, run);
  }
}

async function withStore(
  open: () => Promise<OpenStore>,
  test: Claims[string],
  context: Omit<ClaimContext, "open">,
): Promise<void> {
  let opened: OpenStore | undefined;
  try {
    await test({
      ...context,
      async open() {
        await opened?.close();
        opened = await open();
        return opened.db;
      },
    });
  } finally {
    await opened?.close();
  }
}
