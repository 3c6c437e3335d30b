/**
 * What publishes: the ledger, offers to relays, and sign-ins.
 *
 * @module
 */

// By then relays have answered; and with fewer ways to reach a file, bundlers make fewer of them.
export * from "./learning_part.ts";
export { connectNamed } from "./connections/connect_named.ts";
export { NamedQueries } from "./connections/named_queries.ts";
export { publishToRelay } from "./connections/publish_to_relay.ts";
export { OutboxLedger } from "./outbox_ledger.ts";
export { SignInPolicy } from "./sign_in_policy.ts";
