import assert from "node:assert/strict";
import { request } from "node:http";
import { explorerData } from "../../src/explorer/explorer_data.ts";
import { type ExplorerServer, serveExplorer } from "../../src/explorer/serve_explorer.ts";

const ALICE = "aa".repeat(32);

/** Data in which Alice has this name. */
function dataOf(name: string, now = 0) {
  const names = new Map([[ALICE, name]]);
  return explorerData({ people: [ALICE], knowledge: new Map(), names, now });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Asks a server, with any Host header. */
function ask(
  { url }: ExplorerServer,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asking = request(new URL(path, url), { method, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => text += part).on("end", () => {
      resolve({ status: response.statusCode!, headers: response.headers, text });
    });
  });
  asking.on("error", reject).end();
  return promise;
}

Deno.test("serveExplorer() serves the page and its data, and forbids all that a page may not do", async () => {
  await using server = await serveExplorer({ data: () => Promise.resolve(dataOf("Ada")) });
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await ask(server, "/");
  assert.equal(page.status, 200);
  const [, version] = /<html data-live="([\w-]+)"/.exec(page.text)!;
  assert.match(`${page.headers["content-security-policy"]}`, /default-src 'none'/);
  assert.match(`${page.headers["content-security-policy"]}`, /frame-ancestors 'none'/);
  assert.equal(page.headers["cross-origin-resource-policy"], "same-origin");
  assert.equal(page.headers["access-control-allow-origin"], undefined);
  const { text } = await ask(server, "/data.json");
  assert.deepEqual(JSON.parse(text), dataOf("Ada"));
  // The page need not be told again what stands in it.
  const again = await ask(server, "/data.json", { "if-none-match": `"${version}"` });
  assert.equal(again.status, 304);
});

Deno.test("serveExplorer() refuses other hosts, so that no stranger's page reads it by DNS rebinding", async () => {
  let calls = 0;
  const data = () => Promise.resolve(dataOf(`${++calls}`));
  await using server = await serveExplorer({ data });
  const { port } = new URL(server.url);
  const others = ["evil.example", `evil.example:${port}`, "127.0.0.1", "127.0.0.1:1", "[::1]"];
  for (const host of others) {
    for (const path of ["/", "/data.json"]) {
      const { status, text } = await ask(server, path, { host });
      assert.equal(status, 403, host);
      assert.doesNotMatch(text, /pubkey/);
    }
  }
  assert.equal(calls, 0);
  assert.equal((await ask(server, "/", { host: `LOCALHOST:${port}` })).status, 200);
});

Deno.test("serveExplorer() answers reading alone, and knows no other path", async () => {
  await using server = await serveExplorer({ data: () => Promise.resolve(dataOf("Ada")) });
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    assert.equal((await ask(server, "/data.json", {}, method)).status, 405);
  }
  for (const path of ["/data.json?x", "/../deno.json", "/favicon.ico", "/%2e%2e/x"]) {
    assert.equal((await ask(server, path)).status, 404, path);
  }
  const head = await ask(server, "/", {}, "HEAD");
  assert.deepEqual([head.status, head.text], [200, ""]);
});

Deno.test("serveExplorer() sends data again only once it has changed, whatever the time", async () => {
  let now = 1_000;
  let name = "Ada";
  const data = () => Promise.resolve(dataOf(name, now += 5_000));
  await using server = await serveExplorer({ data });
  const first = await ask(server, "/data.json");
  const headers = { "if-none-match": `${first.headers.etag}` };
  const same = await ask(server, "/data.json", headers);
  assert.deepEqual([same.status, same.text], [304, ""]);
  name = "Bea";
  const changed = await ask(server, "/data.json", headers);
  assert.equal(changed.status, 200);
  assert.match(changed.text, /Bea/);
});

Deno.test("serveExplorer() reads the data once for those who ask at the same time", async () => {
  const reading = Promise.withResolvers<ReturnType<typeof dataOf>>();
  const begun = Promise.withResolvers<void>();
  let calls = 0;
  const data = () => {
    calls++;
    begun.resolve();
    return reading.promise;
  };
  await using server = await serveExplorer({ data });
  const answers = Array.from({ length: 5 }, () => ask(server, "/data.json"));
  await begun.promise;
  const other = await ask(server, "/nothing");
  assert.equal(other.status, 404);
  reading.resolve(dataOf("Ada"));
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  assert.ok(calls < 5, `${calls}`);
});

Deno.test("serveExplorer() tells of data that cannot be read, and goes on", async () => {
  const errors: unknown[] = [];
  const fault = new Error("the database is gone");
  let isGone = true;
  await using server = await serveExplorer({
    data: () => isGone ? Promise.reject(fault) : Promise.resolve(dataOf("Ada")),
    onError: (error) => errors.push(error),
  });
  const { status, text } = await ask(server, "/");
  assert.equal(status, 500);
  assert.doesNotMatch(text, /gone/);
  assert.deepEqual(errors, [fault]);
  isGone = false;
  assert.equal((await ask(server, "/")).status, 200);
});

Deno.test("serveExplorer() ends with its signal, and refuses what it cannot do", async () => {
  const data = () => Promise.resolve(dataOf("Ada"));
  const stopping = new AbortController();
  const server = await serveExplorer({ data, signal: stopping.signal });
  const port = Number(new URL(server.url).port);
  await assert.rejects(serveExplorer({ data, port }), /port \d+: another program uses it/);
  stopping.abort();
  await server.closed;
  await assert.rejects(ask(server, "/"));
  await assert.rejects(serveExplorer({ data, signal: stopping.signal }));
  for (const bad of [-1, 70_000, 1.5]) {
    await assert.rejects(serveExplorer({ data, port: bad }), RangeError);
  }
});
