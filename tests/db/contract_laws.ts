/**
 * The store against an array that keeps the same rules.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import { filtersFor, histories } from "./arbitraries.ts";
import type { Claims } from "./claims.ts";
import { store } from "./contract_queries.ts";
import { Oracle } from "./oracle.ts";

/** Claims that hold for random histories. */
export const lawClaims: Claims = {
  async "any history leaves what the NIPs say, and any query finds it"(
    { open, sign, runs },
  ) {
    await fc.assert(
      fc.asyncProperty(
        histories(sign).chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.array(filtersFor(events, sign), { minLength: 1, maxLength: 8 }),
          )
        ),
        async ([events, queries]) => {
          const db = await open();
          const oracle = new Oracle();
          for (const event of events) {
            const stored = await db.event(event).then(() => true, () => false);
            assert.equal(stored, oracle.event(event));
          }
          for (const filters of [[{}], ...queries]) {
            assert.deepEqual(await db.query(filters), oracle.query(filters));
          }
        },
      ),
      { numRuns: runs },
    );
  },

  async "S1: versions in any order leave the newest"({ open, sign, runs }) {
    const versions = [1, 2, 2, 3, 4].map((created_at, i) =>
      sign({ kind: 10002, created_at, content: `${i}` })
    );
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(versions, { minLength: 1 }),
        async (events) => {
          const db = await open();
          await store(db, events);
          const oracle = new Oracle();
          for (const event of events) oracle.event(event);
          assert.deepEqual(await db.query([{}]), oracle.query([{}]));
        },
      ),
      { numRuns: Math.min(runs, 30) },
    );
  },
};
