import assert from "node:assert/strict";
import { fetchJson } from "../../src/base/fetch_json.ts";
import { TestClock } from "../../testing/test_clock.ts";

/**
 * That it holds against redirects, floods, silence, aborts and an app's own `fetch`
 * stands in relay_info_test.ts, which it was made for.
 */

Deno.test("fetchJson() requests the media type from the URL, and gives the document as it is", async () => {
  const asked: [unknown, string | null][] = [];
  for (const document of [null, false, 0, "", [], { a: [1] }]) {
    const fetch = (input: unknown, init?: RequestInit) => {
      asked.push([input, new Headers(init?.headers).get("accept")]);
      return Promise.resolve(Response.json(document));
    };
    const fetched = await fetchJson("https://a.example/x?y=z", "application/json", { fetch });
    assert.deepEqual(fetched, { document });
  }
  assert.deepEqual(asked[0], ["https://a.example/x?y=z", "application/json"]);
});

Deno.test("fetchJson() gives up after 5 seconds by default", async () => {
  const never = () => new Promise<Response>(() => {});
  for (const [options, ms] of [[{}, 5_000], [{ timeout: 20 }, 20]] as const) {
    const clock = new TestClock();
    const fetched = fetchJson("https://a.example/", "text/plain", {
      ...options,
      clock,
      fetch: never,
    });
    await clock.advance(ms - 1);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    assert.deepEqual(await fetched, { reason: `no answer within ${ms} ms` });
    assert.equal(clock.pending, 0);
  }
});
