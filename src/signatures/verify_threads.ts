/**
 * The threads that verify signatures, which are loaded once many events wait.
 *
 * @module
 */

import { OnDemand } from "../base/on_demand.ts";

/** What starts threads and gives them work. */
export const verifyThreads = new OnDemand(() => import("./threads_part.ts"));
