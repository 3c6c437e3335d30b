/**
 * All commands of the command line, in the order of its help.
 *
 * @module
 */

import { checkCommand } from "./check_command.ts";
import type { CliCommand } from "./command.ts";
import { explorerCommand } from "./explorer_command.ts";
import { feedCommand } from "./feed_command.ts";
import { planCommand } from "./plan_command.ts";
import { publicationsCommand } from "./publications_command.ts";
import { publishCommand } from "./publish_command.ts";
import { relaysCommand } from "./relays_command.ts";
import { syncCommand } from "./sync_command.ts";
import { threadCommand } from "./thread_command.ts";
import { whyCommand } from "./why_command.ts";

/** All commands. */
export const COMMANDS: readonly CliCommand[] = [
  planCommand,
  whyCommand,
  checkCommand,
  feedCommand,
  threadCommand,
  syncCommand,
  publishCommand,
  publicationsCommand,
  relaysCommand,
  explorerCommand,
];
