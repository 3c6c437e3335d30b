/**
 * What requests share that are made together.
 *
 * @module
 */

export * from "./core_part.ts";
export { planTogether } from "./plan_together.ts";
