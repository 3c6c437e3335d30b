/**
 * What requests share that are made together.
 *
 * @module
 */

// Each part has what is loaded before it, or bundlers would cut that into ten files.
export { wireOutbox } from "./wire_outbox.ts";
export { planTogether } from "./plan_together.ts";
