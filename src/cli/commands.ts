/**
 * All commands of the command line, in the order of its help.
 *
 * @module
 */

import type { CliCommand } from "./command.ts";
import { planCommand } from "./plan_command.ts";

/** All commands. */
export const COMMANDS: readonly CliCommand[] = [planCommand];
