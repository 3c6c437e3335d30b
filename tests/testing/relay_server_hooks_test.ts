import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { RawClient } from "../support/raw_client.ts";

const alice = new Signer(1);

Deno.test("RelayServer goes down and comes up at the same port, with the same events", async () => {
  await using relay = RelayServer.start();
  const post = alice.sign();
  relay.seed([post]);
  const { url } = relay;
  for (const again of [false, true]) {
    if (again) relay.up();
    await using client = await RawClient.connect(url);
    client.send(["REQ", "a", {}]);
    assert.deepEqual(await client.answer(), { ids: [post.id], end: ["EOSE", "a"] });
    await relay.down();
    await assert.rejects(RawClient.connect(url), /Cannot connect/);
  }
  await relay.stop();
  assert.throws(() => relay.up(), /not down/);
});

Deno.test("RelayServer.down() keeps its port from others, whether it had clients or not", async () => {
  for (const hasClient of [false, true]) {
    await using relay = RelayServer.start();
    await using _client = hasClient ? await RawClient.connect(relay.url) : undefined;
    await relay.down();
    for (let i = 0; i < 50_000; i++) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      assert.notEqual(`ws://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`, relay.url);
      listener.close();
    }
    relay.up();
  }
});

Deno.test("NIP-11: RelayServer describes itself as its `info` says", async () => {
  await using relay = RelayServer.start({ info: { body: { limitation: { max_limit: 7 } } } });
  const url = relay.url.replace("ws:", "http:");
  const headers = { accept: "application/nostr+json" };
  const answer = await fetch(url, { headers });
  assert.equal(answer.headers.get("content-type"), "application/nostr+json");
  assert.deepEqual(await answer.json(), { limitation: { max_limit: 7 } });

  relay.options.info = { status: 404, body: "<p>no", headers: { "content-type": "text/html" } };
  const junk = await fetch(url, { headers });
  assert.deepEqual([junk.status, await junk.text()], [404, "<p>no"]);
  assert.equal(junk.headers.get("content-type"), "text/html");

  const asked = Promise.withResolvers<void>();
  relay.options.info = {
    delay() {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const late = fetch(url, { headers });
  await asked.promise;
  await relay.stop();
  assert.equal((await late).status, 503);
  assert.equal(relay.stats.infos, 3);
});

Deno.test("RelayServer lets a test handle a connection or a message first", async () => {
  await using relay = RelayServer.start({
    onOpen: (to) => to.send(["NOTICE", `you are number ${to.number}`]),
    intercept([verb, id], to) {
      if (id === "b") to.send(["CLOSED", "b", `error: no ${verb}`]);
      return id === "b";
    },
  });
  await using client = await RawClient.connect(relay.url);
  assert.deepEqual(await client.next(), ["NOTICE", "you are number 1"]);
  client.send(["REQ", "b", {}]);
  assert.deepEqual(await client.next(), ["CLOSED", "b", "error: no REQ"]);
  client.send(["REQ", "a", {}]);
  assert.deepEqual(await client.next(), ["EOSE", "a"]);
  assert.equal(relay.stats.reqs, 2);
});
