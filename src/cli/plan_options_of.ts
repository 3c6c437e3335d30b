/**
 * The options of an outbox that a planner of its own understands. Pure.
 *
 * @module
 */

import type { OutboxOptions } from "../outbox_options.ts";
import type { PlanOptions } from "../plan/plan_options.ts";

/** The options of plans, of all options of a session. */
export function pickPlanOptions(settings: OutboxOptions): PlanOptions {
  const { fallbackRelays, indexerRelays, maxRelays, policy } = settings;
  return { fallbackRelays, indexerRelays, maxRelays, policy };
}
