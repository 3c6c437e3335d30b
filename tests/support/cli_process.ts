/**
 * A process for a command line in tests: it collects what is printed.
 *
 * @module
 */

import { PassThrough, Readable, Writable } from "node:stream";
import picocolors from "picocolors";
import type { CliProcess } from "../../src/cli/run_cli.ts";
import type { Drawing } from "../../src/cli/streams.ts";

/** A process, and what was printed so far. */
export interface FakeProcess extends CliProcess {
  readonly printed: () => { readonly stdout: string; readonly stderr: string };
}

/** How a fake process is. */
export interface FakeProcessOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Whether stdout is a terminal. @default false */
  readonly isTTY?: boolean;
  /** How wide it is. @default 80 */
  readonly columns?: number;
}

/** A process without a terminal. */
export function fakeProcess(options: FakeProcessOptions = {}): FakeProcess {
  const { stdin = "", env = {}, signal = new AbortController().signal } = options;
  const { isTTY = false, columns = 80 } = options;
  const texts = { stdout: "", stderr: "" };
  const output = (name: keyof typeof texts) => {
    const stream = new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk;
        done();
      },
    });
    return Object.assign(
      stream,
      name === "stdout" ? isTTY ? { isTTY, columns } : { columns: options.columns } : {},
    );
  };
  return {
    stdin: stdin === "" ? new PassThrough().end() : Readable.from([stdin]),
    stdout: output("stdout"),
    stderr: output("stderr"),
    env,
    signal,
    printed: () => ({ ...texts }),
  };
}

/** A drawing without colours, 100 characters wide. */
export const PLAIN: Drawing = { colors: picocolors.createColors(false), columns: 100 };
