/**
 * What a command line is connected to, as types.
 *
 * @module
 */

import type { Readable, Writable } from "node:stream";
import type picocolors from "picocolors";

/** The colours of a terminal; without colours they return their argument. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** A stream to print to. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a process has. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a report is drawn. */
export interface Drawing {
  readonly colors: Colors;
  /** Characters in a line. */
  readonly columns: number;
}
