/**
 * A web server on this machine, for tests of pages.
 *
 * @module
 */

/** What a server sends. */
export interface PageServer extends AsyncDisposable {
  /** Its origin, with a slash at the end. */
  readonly url: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/**
 * Serves texts.
 *
 * @param files By path, without a slash at the beginning; `index.html` is at the root.
 */
export function servePages(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): PageServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    ({ url }) => {
      const path = new URL(url).pathname.slice(1) || "index.html";
      const body = files[path];
      if (body === undefined) return new Response(`${path} is not here`, { status: 404 });
      const type = TYPES[path.split(".").at(-1)!] ?? "application/octet-stream";
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
