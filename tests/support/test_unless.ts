/**
 * Tests that not every machine can run.
 *
 * @module
 */

/** Registers a test; where there is a reason not to run it, its name says so. */
export function testUnless(
  reason: string | undefined,
  name: string,
  fn: () => Promise<void>,
): void {
  const ignore = reason !== undefined;
  Deno.test({ name: ignore ? `${name} (skipped: ${reason})` : name, ignore, fn });
}
