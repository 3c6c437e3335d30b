/**
 * Real Chromium for tests of pages, kept off the network.
 *
 * @module
 */

import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from "npm:playwright-core@^1.65.1";

export type { Page } from "npm:playwright-core@^1.65.1";

/** How a page is opened, such as `viewport` and `colorScheme`; and what it may do. */
export interface ChromiumOptions extends BrowserContextOptions {
  /** Errors on the console that belong to the test. @default none */
  readonly expectedErrors?: RegExp;
}

/** Where Chromium may be, if `CHROMIUM_PATH` names none. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // No name is looked up and no address connected to but those of this machine.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
];

/** Longest that a page is waited for, in milliseconds; one test of many has little of the machine. */
const LATE_MS = 120_000;

/** What a page may load: from this machine, or from itself. */
const LOCAL =
  /^(?:(?:https?|wss?):\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]|(?:about|blob|data|file):)/;

/**
 * Finds Chromium: the program that the environment's `CHROMIUM_PATH` names, or one in `PATH`.
 *
 * @returns Its path, or why there is none.
 */
export async function findChromium(): Promise<{ path: string } | { missing: string }> {
  const named = Deno.env.get("CHROMIUM_PATH");
  const folders = ["/usr/bin", ...(Deno.env.get("PATH") ?? "").split(":")];
  const paths = named
    ? [named]
    : PROGRAMS.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  for (const path of paths) {
    if (await isFile(path)) return { path };
  }
  return {
    missing: named
      ? `CHROMIUM_PATH names ${named}, which is no file`
      : `none of ${PROGRAMS.join(", ")} in PATH, and no CHROMIUM_PATH`,
  };
}

/** Why tests in Chromium cannot run here; absent if they can. For `testUnless`. */
export async function chromiumMissing(): Promise<string | undefined> {
  const found = await findChromium();
  return "missing" in found ? found.missing : undefined;
}

/**
 * Runs a test in a Chromium of its own, with an empty profile. All pages of the context are tabs
 * of one browser: they share storage, locks and workers.
 *
 * @throws {Error} If there is no Chromium, or a page wrote an error to its console, threw one that
 * nobody caught, or requested anything that is not on this machine. What `test` throws comes first.
 */
export async function withChromium(
  test: (context: BrowserContext) => Promise<void>,
  { expectedErrors, ...options }: ChromiumOptions = {},
): Promise<void> {
  const found = await findChromium();
  if ("missing" in found) throw new Error(`Cannot start Chromium: ${found.missing}`);
  // Without a folder, the profile is a temporary one, which goes when all of its processes are gone.
  const context = await chromium.launchPersistentContext("", {
    executablePath: found.path,
    args: ARGS,
    ...options,
  });
  context.setDefaultTimeout(LATE_MS);
  const faults = faultsOf(context, expectedErrors);
  try {
    await test(context);
  } finally {
    await context.close();
  }
  if (faults.length > 0) throw new Error(`Chromium's pages had faults:\n${faults.join("\n")}`);
}

/** What the pages of a context do wrong, from now on. */
function faultsOf(context: BrowserContext, expected?: RegExp): readonly string[] {
  const faults: string[] = [];
  const add = (kind: string, text: string) => {
    if (!expected?.test(text)) faults.push(`${kind}: ${text}`);
  };
  const request = (url: string) => {
    if (!LOCAL.test(url)) faults.push(`request: ${url}`);
  };
  context.on("console", (message) => {
    if (message.type() === "error") add("console", message.text());
  });
  context.on("weberror", (error) => add("uncaught", error.error().stack ?? `${error.error()}`));
  context.on("request", (asked) => request(asked.url()));
  const watch = (page: ReturnType<BrowserContext["pages"]>[number]) =>
    page.on("websocket", (socket) => request(socket.url()));
  context.pages().forEach(watch);
  context.on("page", watch);
  return faults;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
