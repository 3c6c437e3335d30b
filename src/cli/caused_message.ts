/**
 * The message of an error with those of its causes: what could not be done, and why. Pure.
 *
 * @module
 */

import { messageOf } from "../base/message_of.ts";

/** The message, and those of the causes which it does not say already. */
export function causedMessage(thrown: unknown): string {
  let message = messageOf(thrown);
  for (let error = thrown; error instanceof Error && error.cause !== undefined;) {
    error = error.cause;
    const more = messageOf(error);
    if (!message.includes(more)) message += `: ${more}`;
  }
  return message;
}
