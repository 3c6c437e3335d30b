/**
 * What an outbox finds in the parts that it loads on demand.
 *
 * @module
 */

import type { answeredRanges } from "./answered_ranges.ts";
import type { OnDemand } from "./base/on_demand.ts";
import type { NamedParts } from "./connections/sign_in_query.ts";
import type { publishToRelay } from "./connections/publish_to_relay.ts";
import type { feedPlan } from "./feed_plan.ts";
import type { OutboxFeeds } from "./outbox_feeds.ts";
import type { OutboxLedger } from "./outbox_ledger.ts";
import type { OutboxQuestions } from "./outbox_questions.ts";
import type { LearnerClasses } from "./people_directory.ts";
import type { planTogether } from "./plan_together.ts";
import type { MonitorReader } from "./relays/monitor_reader.ts";
import type { RelayInfoRefresher } from "./relays/relay_info_refresher.ts";
import type { LiveRequest } from "./requests/live_request.ts";
import type { SignInPolicy } from "./sign_in_policy.ts";
import type { SpanBook } from "./spans/span_book.ts";

/** The parts; each may have more. */
export interface OutboxParts {
  readonly learningPart: Part<LearningClasses>;
  readonly publishingPart: Part<PublishingClasses>;
  readonly readingPart: Part<ReadingClasses>;
  readonly sharingPart: Part<{ readonly planTogether: typeof planTogether }>;
}

type Part<T> = Pick<OnDemand<T>, "attempt" | "load" | "of">;

interface LearningClasses extends LearnerClasses {
  readonly answeredRanges: typeof answeredRanges;
  readonly LiveRequest: typeof LiveRequest;
  readonly MonitorReader: typeof MonitorReader;
  readonly RelayInfoRefresher: typeof RelayInfoRefresher;
  readonly SpanBook: typeof SpanBook;
}

interface PublishingClasses extends NamedParts {
  readonly OutboxLedger: typeof OutboxLedger;
  readonly publishToRelay: typeof publishToRelay;
  readonly SignInPolicy: typeof SignInPolicy;
}

interface ReadingClasses {
  readonly feedPlan: typeof feedPlan;
  readonly OutboxFeeds: typeof OutboxFeeds;
  readonly OutboxQuestions: typeof OutboxQuestions;
}
