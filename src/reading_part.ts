/**
 * What reads besides requests: feeds, and the answers to what an app asks an outbox itself.
 *
 * @module
 */

// By then relays have answered; and with fewer ways to reach a file, bundlers make fewer of them.
export * from "./learning_part.ts";
export { feedPlan } from "./feed_plan.ts";
export { OutboxFeeds } from "./outbox_feeds.ts";
export { OutboxQuestions } from "./outbox_questions.ts";
