/**
 * Makes the explorer's page: one HTML text that needs nothing else.
 *
 * @module
 */

import type { ExplorerData } from "./explorer_data.ts";
import { PAGE } from "./page_bundle.ts";

/** How the page is shown. */
export interface ExplorerPageOptions {
  /**
   * The version of the data, a text of letters, digits, `-` and `_`: the page then asks where it came
   * from for newer data, as {@link serveExplorer} has it.
   * @default none: it sends nothing anywhere
   */
  readonly liveVersion?: string;
}

/**
 * Makes a page of data. Its content security policy lets nothing run but the page's own script, and
 * nothing be loaded. Names and URLs in the data cannot leave the JSON in which they stand.
 */
export function explorerPage(
  data: ExplorerData,
  { liveVersion }: ExplorerPageOptions = {},
): string {
  const { html, style, script } = PAGE;
  const isLive = liveVersion !== undefined;
  const policy = contentSecurityPolicy(isLive);
  // The functions keep "$" in what is put in from being read as a pattern.
  return html
    .replace("<html", () => isLive ? `<html data-live="${liveVersion}"` : "<html")
    .replace(
      "<meta charset",
      () => `<meta http-equiv="Content-Security-Policy" content="${policy}">\n    <meta charset`,
    )
    .replace("</head>", () => `<style>${style}</style>\n  </head>`)
    .replace(
      "</body>",
      () =>
        `<script type="application/json" id="data">${jsonInHtml(data)}</script>\n` +
        `    <script type="module">${script}</script>\n  </body>`,
    );
}

/** What the page may do: run and style itself, plan in a worker of its own, and, if it is live, ask where it came from. */
export function contentSecurityPolicy(isLive: boolean): string {
  const { styleHash, scriptHash } = PAGE;
  return [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    `style-src 'sha256-${styleHash}'`,
    // The worker that plans is made of the page's own script.
    "worker-src blob:",
    "img-src data:",
    `connect-src ${isLive ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** JSON without a `<`, so that nothing in it ends the element in which it stands. */
function jsonInHtml(data: ExplorerData): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}
