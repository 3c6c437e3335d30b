/**
 * What a command of the command line is.
 *
 * @module
 */

import type { Command, OptionValues } from "commander";
import type { Terminal } from "./terminal.ts";

/** What a command is called with. */
export interface CommandCall {
  /** The arguments that are no options. */
  readonly args: readonly string[];
  /** The options, as the command configured them. */
  readonly options: OptionValues;
  readonly terminal: Terminal;
  /** The end: an interruption. */
  readonly signal: AbortSignal;
}

/** A command; the list of all is `COMMANDS`. */
export interface CliCommand {
  /** What a user types. */
  readonly name: string;
  /** One line for the list of all commands: a sentence without its full stop. */
  readonly summary: string;
  /** What else its help says. */
  readonly description: string;
  /** What one types after the program's name, and what that is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /** Adds its arguments and options. */
  readonly configure: (command: Command) => void;
  /** Does it; the result is the exit code. May throw: the message is then the error. */
  readonly run: (call: CommandCall) => Promise<number>;
}
