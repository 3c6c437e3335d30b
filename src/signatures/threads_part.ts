/**
 * What starts threads that verify signatures, and gives them work.
 *
 * @module
 */

export { createWorker, webWorker } from "./create_worker.ts";
export { VerifyPool } from "./verify_pool.ts";
