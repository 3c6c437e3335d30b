import assert from "node:assert/strict";
import { chromiumMissing, findChromium, withChromium } from "../../testing/chromium.ts";
import { testUnless } from "../support/test_unless.ts";

const missing = await chromiumMissing();

testUnless(
  missing,
  "withChromium() lets a page load from this machine, and tabs share storage",
  async () => {
    await using server = serve("<h1>Here</h1><script>localStorage.here = 1</script>");
    await withChromium(async (context) => {
      const pages = [await context.newPage(), await context.newPage()];
      for (const page of pages) await page.goto(server.url);
      assert.equal(await pages[0].textContent("h1"), "Here");
      assert.equal(await pages[1].evaluate("localStorage.here"), "1");
    });
  },
);

testUnless(
  missing,
  "withChromium() rejects on errors of a page and on requests to elsewhere",
  async () => {
    const faults: [string, RegExp][] = [
      ["<script>console.error('wrong')</script>", /console: wrong/],
      ["<script>throw new Error('thrown')</script>", /uncaught: Error: thrown/],
      ["<script>Promise.reject(new Error('left'))</script>", /uncaught: Error: left/],
      ["<img src='http://relay.invalid/a.png'>", /request: http:\/\/relay\.invalid\/a\.png/],
      ["<img src='http://192.0.2.1/a.png'>", /request: http:\/\/192\.0\.2\.1\/a\.png/],
      ["<script>new WebSocket('wss://relay.invalid')</script>", /request: wss:\/\/relay\.invalid/],
      ["<img src='https://127.0.0.1.example/'>", /request: https:\/\/127\.0\.0\.1\.example/],
    ];
    const opened = withChromium(async (context) => {
      for (const [body] of faults) {
        await using server = serve(body);
        await (await context.newPage()).goto(server.url);
      }
    });
    await assert.rejects(opened, ({ message }: Error) => {
      for (const [, fault] of faults) assert.match(message, fault);
      assert.match(message, /192\.0\.2\.1.*\n.*ERR_NAME_NOT_RESOLVED/, "it was not even tried");
      return true;
    });
  },
);

testUnless(missing, "withChromium() passes over errors that the test expects", async () => {
  await using server = serve("<script>console.error('as expected')</script>");
  await withChromium(async (context) => {
    await (await context.newPage()).goto(server.url);
  }, { expectedErrors: /as expected/ });
});

testUnless(
  missing,
  "withChromium() rejects with what the test throws, and leaves no profile behind",
  async () => {
    const failure = new Error("the test's own");
    let profile = "";
    const failing = withChromium(async (context) => {
      const page = await context.newPage();
      await page.goto("chrome://version");
      profile = await page.textContent("#profile_path") ?? "";
      throw failure;
    });
    await assert.rejects(failing, failure);
    assert.match(profile, /^\/.+chromium/);
    await assert.rejects(Deno.stat(profile), Deno.errors.NotFound);
  },
);

Deno.test("findChromium() says why there is none", async () => {
  const before = Deno.env.get("CHROMIUM_PATH");
  try {
    Deno.env.set("CHROMIUM_PATH", "/nowhere/chromium");
    assert.deepEqual(await findChromium(), {
      missing: "CHROMIUM_PATH names /nowhere/chromium, which is no file",
    });
    Deno.env.set("CHROMIUM_PATH", Deno.execPath());
    assert.deepEqual(await findChromium(), { path: Deno.execPath() });
  } finally {
    if (before === undefined) Deno.env.delete("CHROMIUM_PATH");
    else Deno.env.set("CHROMIUM_PATH", before);
  }
});

/** Serves a page on this machine. */
function serve(body: string): AsyncDisposable & { url: string } {
  const headers = { "content-type": "text/html" };
  const html = `<!doctype html><link rel="icon" href="data:,">${body}`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    () => new Response(html, { headers }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
