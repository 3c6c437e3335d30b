/**
 * Where a command prints: data to stdout, everything else to stderr.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline/promises";
import picocolors from "picocolors";
import type { Drawing, Output, Streams } from "./streams.ts";
import { type Progress, showProgress } from "./show_progress.ts";

/** See the module. */
export interface Terminal extends Drawing {
  /** Where files named `-` are read from. */
  readonly stdin: Streams["stdin"];
  /** Prints data, and ends the line. */
  readonly print: (text: string) => void;
  /** Prints a remark, unless the command is to be quiet. */
  readonly note: (text: string) => void;
  /** Shows how far something is, where a person is looking on. */
  readonly progress: (label: string, total: number) => Progress;
  /**
   * Asks a person, who answers "y" or "n"; "n" is the default.
   *
   * @returns `undefined` if nobody is there to answer.
   */
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean | undefined>;
}

/** How wide a text is that goes to a file. */
const FILE_COLUMNS = 120;

/** The terminal of a process. */
export function createTerminal(
  { stdin, stdout, stderr, env }: Streams,
  { isQuiet = false }: { isQuiet?: boolean } = {},
): Terminal {
  return {
    stdin,
    colors: picocolors.createColors(hasColors(stdout, env)),
    columns: stdout.columns || FILE_COLUMNS,
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void (isQuiet || text === "" || stderr.write(`${text}\n`)),
    progress: (label, total) =>
      showProgress({ stream: stderr, isShown: !isQuiet && stderr.isTTY === true, label, total }),
    async confirm(question, signal) {
      if (!stdin.isTTY || !stderr.isTTY) return undefined;
      const lines = createInterface({ input: stdin, output: stderr });
      // While it reads lines, Ctrl-C comes as an event of its own.
      lines.on("SIGINT", () => void process.kill(process.pid, "SIGINT"));
      // Ctrl-D ends the input: nobody will answer.
      const { promise: ended, resolve: end } = Promise.withResolvers<string>();
      lines.once("close", () => end(""));
      try {
        const asking = lines.question(`${question} [y/N] `, { signal });
        const answer = await Promise.race([asking, ended]);
        return /^y(?:es)?$/i.test(answer.trim());
      } finally {
        lines.close();
      }
    },
  };
}

/** Whether to print colours: see https://no-color.org and https://force-color.org. */
function hasColors({ isTTY }: Output, env: Streams["env"]): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTTY === true && env.TERM !== "dumb";
}
