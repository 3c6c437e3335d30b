/**
 * Runs one command line: reads the arguments, calls the command, and says what went wrong.
 *
 * @module
 */

import { Command, CommanderError } from "commander";
import { holdsSecret } from "../nostr/holds_secret.ts";
import { causedMessage } from "./caused_message.ts";
import type { CliCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { printable } from "./printable.ts";
import type { Streams } from "./streams.ts";
import { createTerminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

/** What a command line is connected to. */
export interface CliProcess extends Streams {
  /** The end: an interruption. */
  readonly signal: AbortSignal;
}

/** Exit codes. */
const FAILED = 1, WRONG_ARGUMENTS = 2, INTERRUPTED = 130;

/** What is said of a secret key, whatever it was meant for: no error, and no file, may have it. */
const SECRET = "Cannot use a secret key: no command needs one, and nobody else may see it; " +
  "the history of the shell may have it now";

/** Runs a command line. Never rejects. @returns The exit code. */
export async function runCli(
  args: readonly string[],
  process: CliProcess,
  commands: readonly CliCommand[] = COMMANDS,
): Promise<number> {
  if (args.some(holdsSecret)) {
    process.stderr.write(`${SECRET}\n`);
    return WRONG_ARGUMENTS;
  }
  let code = 0;
  const program = createProgram(commands, process, (result) => code = result);
  try {
    await program.parseAsync(args, { from: "user" });
    return process.signal.aborted ? INTERRUPTED : code;
  } catch (error) {
    if (process.signal.aborted) return INTERRUPTED;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_ARGUMENTS;
    process.stderr.write(`${errorText(error)}\n`);
    return error instanceof UsageError ? WRONG_ARGUMENTS : FAILED;
  }
}

function createProgram(
  commands: readonly CliCommand[],
  process: CliProcess,
  onResult: (code: number) => void,
): Command {
  const { colors } = createTerminal(process);
  const program = new Command("outbox")
    .description(
      "The outbox model of Nostr (NIP-65) at work: who is asked where, and what is missing.\n" +
        "Commands write data to stdout, and progress and errors to stderr.",
    )
    .version(VERSION)
    .helpCommand("help [command]", "Shows the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void process.stderr.write(text),
      getOutHelpWidth: () => widthOf(process.stdout),
      getErrHelpWidth: () => widthOf(process.stderr),
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => colors.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error: /, "Cannot read the arguments: ")),
    })
    .configureHelp({
      styleTitle: (text) => colors.bold(text),
      styleCommandText: (text) => colors.cyan(text),
      styleOptionText: (text) => colors.cyan(text),
      styleArgumentText: (text) => colors.cyan(text),
    })
    .showSuggestionAfterError();
  program.addHelpText("after", examplesText(commands.map(({ examples: [first] }) => first)));
  for (const { name, summary, description, examples, configure, run } of commands) {
    const command = program.command(name).summary(summary)
      .description(`${summary}.\n\n${description}`);
    configure(command);
    command.addHelpText("after", examplesText(examples));
    command.action(async () => {
      const options = command.opts();
      const terminal = createTerminal(process, { isQuiet: options.quiet === true });
      const { processedArgs } = command;
      onResult(
        await run({
          args: processedArgs.flat().filter((value): value is string => typeof value === "string"),
          options,
          terminal,
          signal: process.signal,
        }),
      );
    });
  }
  return program;
}

function widthOf({ columns }: Streams["stdout"]): number {
  return Math.min(columns ?? 80, 100);
}

function examplesText(examples: CliCommand["examples"]): string {
  const lines = examples.map(([line, purpose]) => `  # ${purpose}\n  outbox ${line}`);
  return `\nExamples:\n${lines.join("\n\n")}\n`;
}

/** The message of an error, in one line. */
function errorText(error: unknown): string {
  return printable(causedMessage(error)).replace(/\s+/g, " ").trim();
}
