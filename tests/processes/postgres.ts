/**
 * Tests that need a real PostgreSQL.
 *
 * @module
 */

import { type PostgresServer, startPostgres } from "../../testing/postgres_server.ts";
import { testUnless } from "../support/test_unless.ts";

export type { PostgresSchema, PostgresServer } from "../../testing/postgres_server.ts";

/** A server for all tests of a file, since it outlives each of them; or why there is none. */
export const postgres: PostgresServer | string = await startPostgres();

/** Registers a test that needs PostgreSQL; where there is none, its name says so. */
export function testPostgres(
  claim: string,
  test: (server: PostgresServer) => Promise<void>,
): void {
  const missing = typeof postgres === "string" ? postgres : undefined;
  testUnless(missing, `PostgreSQL: ${claim}`, () => test(postgres as PostgresServer));
}
