/**
 * Serves the explorer's page to browsers on this machine.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onAbort } from "../base/abortable.ts";
import type { ExplorerData } from "./explorer_data.ts";
import { contentSecurityPolicy, explorerPage } from "./explorer_page.ts";

/** How the page is served. */
export interface ServeExplorerOptions {
  /**
   * Makes the data. It is called for the page, and while a page is open whenever it asks for newer
   * data, which is every 5 seconds; never twice at once. The same object stands for the same data.
   */
  readonly data: () => Promise<ExplorerData>;
  /** The port: an integer from 0 to 65,535. @default 0: one that is free */
  readonly port?: number;
  /** Ends the server. @default none: it runs until `close()` */
  readonly signal?: AbortSignal;
  /** Called with what `data` throws; the browser is told that there was an error. */
  readonly onError?: (error: unknown) => void;
}

/** A server of the page. */
export interface ExplorerServer extends AsyncDisposable {
  /** Where the page is: `http://127.0.0.1:<port>/`. */
  readonly url: string;
  /** Resolves once the server has ended. */
  readonly closed: Promise<void>;
  /** Ends the server and its connections. */
  readonly close: () => Promise<void>;
}

/** The only address that is listened on. */
const LOOPBACK = "127.0.0.1";

/**
 * Serves the page on the loopback interface. Requests that name another host are refused: a page of
 * a stranger, whose host's name was pointed at this machine, reads nothing.
 *
 * @throws {RangeError} If the port is out of its range.
 * @throws {Error} If the port is taken.
 * @throws The signal's reason, if it is aborted before the server runs.
 */
export async function serveExplorer(options: ServeExplorerOptions): Promise<ExplorerServer> {
  const { port = 0, signal, data, onError = () => {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(
      `Cannot serve the explorer: the port must be an integer from 0 to 65535, got ${port}`,
    );
  }
  signal?.throwIfAborted();
  const versions = new WeakMap<ExplorerData, string>();
  const versionOf = (data: ExplorerData) => {
    const version = versions.get(data) ?? dataVersion(data);
    versions.set(data, version);
    return version;
  };
  let pending: Promise<ExplorerData> | undefined;
  const once = () => pending ??= data().finally(() => pending = undefined);
  const server = createServer((request, response) => {
    answer(request, response, once, versionOf).catch((error) => {
      onError(error);
      if (!response.headersSent) refuse(response, 500, "The data could not be read.");
      response.end();
    });
  });
  const closed = new Promise<void>((resolve) => server.on("close", resolve));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: Error & { readonly code?: string }) => {
      const why = cause.code === "EADDRINUSE" ? "another program uses it" : cause.message;
      reject(new Error(`Cannot serve the explorer on port ${port}: ${why}`, { cause }));
    });
    server.listen(port, LOOPBACK, resolve);
  });
  const close = async () => {
    release();
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const release = signal ? onAbort(signal, () => void close()) : () => {};
  const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`;
  return { url, closed, close, [Symbol.asyncDispose]: close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  data: () => Promise<ExplorerData>,
  versionOf: (data: ExplorerData) => string,
): Promise<void> {
  const { method = "", headers, url: path = "", socket } = request;
  const hosts = [LOOPBACK, "localhost"].map((name) => `${name}:${socket.localPort}`);
  if (socket.localPort === 80) hosts.push(LOOPBACK, "localhost");
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (!hosts.includes(headers.host?.toLowerCase() ?? "")) {
    return refuse(response, 403, "This page is for browsers on this machine alone.");
  }
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "There is nothing here but a page to read.");
  }
  if (path === "/") {
    const policy = `${contentSecurityPolicy(true)}; frame-ancestors 'none'`;
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    const made = await data();
    response.end(explorerPage(made, { liveVersion: versionOf(made) }));
  } else if (path === "/data.json") {
    const made = await data();
    const tag = `"${versionOf(made)}"`;
    response.setHeader("ETag", tag);
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    if (headers["if-none-match"] === tag) {
      response.statusCode = 304;
      response.end();
    } else response.end(JSON.stringify(made));
  } else refuse(response, 404, "There is no such page here.");
}

/** What the same data have in common, whenever they were made. */
function dataVersion({ madeAt: _, ...rest }: ExplorerData): string {
  return createHash("sha256").update(JSON.stringify(rest)).digest("base64url");
}

/** What every answer says: keep it nowhere, show it to no other origin. */
const HEADERS = {
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

function refuse(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${text}\n`);
}
