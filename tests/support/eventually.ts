/**
 * Waiting for what another process, or the system, is about to do.
 *
 * @module
 */

/**
 * Looks at a condition whenever the event loop has turned, until it holds.
 *
 * @throws {Error} If it does not hold after a minute, so that a test fails rather than
 * hangs. A machine with other work may be ten times slower than usual.
 */
export async function eventually(claim: string, holds: () => boolean): Promise<void> {
  let late = false;
  const timer = setTimeout(() => late = true, 60_000);
  try {
    while (!holds()) {
      if (late) throw new Error(`It never came true that ${claim}`);
      await new Promise((resume) => setTimeout(resume, 0));
    }
  } finally {
    clearTimeout(timer);
  }
}
