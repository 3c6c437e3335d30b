/**
 * Reads events from a file or from stdin: one as JSON, several in an array, or one a line.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { readFile } from "node:fs/promises";
import { verifyEvent } from "nostr-tools/pure";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { messageOf } from "../base/message_of.ts";
import { parseJson } from "../base/parse_json.ts";
import { unsendableFault } from "../nostr/check_event.ts";
import { UsageError } from "./usage_error.ts";

/**
 * The events in a file; `-` stands for stdin.
 *
 * @throws {UsageError} If the file cannot be read, or holds something else.
 */
export async function readEventsFile(path: string, stdin: Readable): Promise<NostrEvent[]> {
  let content: string;
  try {
    content = path === "-" ? await text(stdin) : await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${messageOf(error)}`);
  }
  return parseEvents(content, path === "-" ? "stdin" : path);
}

/** The events in a text, each once. @throws {UsageError} If it holds something else. */
export function parseEvents(content: string, name: string): NostrEvent[] {
  // Windows begins text files with a byte order mark.
  const json = content.replace(/^\uFEFF/, "");
  const whole = parseJson(json);
  const values = Array.isArray(whole)
    ? whole
    : whole !== undefined
    ? [whole]
    : json.split("\n").filter((line) => line.trim() !== "").map(parseJson);
  if (values.length === 0) throw new UsageError(`Cannot publish from ${name}: it holds no event`);
  const events = new Map<string, NostrEvent>();
  for (const [i, value] of values.entries()) {
    if (value === undefined) {
      throw new UsageError(`Cannot publish from ${name}: line ${i + 1} is not JSON`);
    }
    const fault = unsendableFault(value as NostrEvent);
    if (fault !== undefined) {
      throw new UsageError(`Cannot publish from ${name}: event ${i + 1} is not sendable: ${fault}`);
    }
    if (!verifyEvent({ ...value } as NostrEvent)) {
      throw new UsageError(
        `Cannot publish from ${name}: the id or the signature of event ${i + 1} is wrong, and no ` +
          "relay would take it",
      );
    }
    events.set(value.id, value);
  }
  return [...events.values()];
}
