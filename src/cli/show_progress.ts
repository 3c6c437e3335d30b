/**
 * A bar that shows how far something is.
 *
 * @module
 */

import cliProgress from "cli-progress";
import type { Output } from "./streams.ts";

/** What a bar shows; it is gone once it is closed, and the cursor is back. */
export interface Progress {
  /** How much is done. */
  readonly update: (done: number, detail?: string) => void;
  readonly close: () => void;
}

/** Shows a bar where somebody looks on. */
export function showProgress(
  { stream, isShown, label, total }: {
    readonly stream: Output;
    readonly isShown: boolean;
    readonly label: string;
    readonly total: number;
  },
): Progress {
  if (!isShown || total <= 0) return { update: () => {}, close: () => {} };
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${label} {bar} {percentage} %{detail}`,
    barCompleteChar: "━",
    barIncompleteChar: "─",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the command's: it closes what is open, this bar too.
    gracefulExit: false,
  });
  bar.start(total, 0, { detail: "" });
  return {
    update: (done, detail) =>
      bar.update(Math.min(done, total), { detail: detail === undefined ? "" : `  ${detail}` }),
    close: () => bar.stop(),
  };
}
