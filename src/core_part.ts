/**
 * What an outbox has before any other part is loaded. Each other part has it, too, so that bundlers,
 * which make a file of all modules that the same parts reach, make one of these, and not ten.
 *
 * @module
 */

export { feedHandle } from "./feeds/feed_handle.ts";
export { MAX_PROBES } from "./ledger/max_probes.ts";
export { outboxSettings } from "./outbox_settings.ts";
export { PeopleDirectory } from "./people_directory.ts";
export { Publishing } from "./publishing.ts";
export { RelayMemory } from "./relays/relay_memory.ts";
export { ReqGatherer } from "./req_gatherer.ts";
export { ReqPlanner } from "./req_planner.ts";
export { LiveRoutes } from "./requests/live_routes.ts";
export { SupervisedRelay } from "./requests/supervised_relay.ts";
export { Supervisor } from "./requests/supervisor.ts";
export { UserPolicy } from "./user_policy.ts";
