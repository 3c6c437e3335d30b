import assert from "node:assert/strict";
import { Signer } from "../../testing/signer.ts";
import { HUB, INDEXER, postsOf, PublicWorld } from "../support/public_world.ts";

/** Identifiers and documents that point into the app's own network. */

const bob = new Signer(2);
const HOSTS = [`${HUB}.example`, `${INDEXER}.example`];

Deno.test("NIP-05: Outbox.find() never looks up an identifier at a host of the app's own network", async () => {
  await using net = new PublicWorld();
  const hosts = [
    "127.0.0.1",
    "bob@127.0.0.1",
    "bob@10.0.0.1",
    "bob@169.254.169.254",
    "bob@0x7f.1",
    "bob@0177.0.0.1",
    "bob@router.local",
    "bob@metadata.google.internal",
    "bob@relay.localhost",
    "bob@１２７.0.0.1",
    "bob@localhost",
    "bob@[::1]",
    "bob@10.0.0.1:8443",
    "127.0.0.1:7777",
    "bob@public.example/../x",
    "bob@alice@10.0.0.1",
    "bob@10.0.0.1?x=public.example",
    "bob@10.0.0.1#public.example",
  ];
  for (const text of hosts) await assert.rejects(net.world.outbox.find(text), TypeError, text);
  assert.deepEqual(net.fetched, []);
});

Deno.test("NIP-05, NIP-11: Outbox follows no redirect of a document", async () => {
  await using net = new PublicWorld();
  const { world: { outbox } } = net;
  const moved = () => Response.redirect("https://169.254.169.254/latest");
  for (
    const url of [
      "https://identity.example/.well-known/nostr.json?name=bob",
      "https://hub.example/",
    ]
  ) {
    net.pages.set(url, moved);
  }
  await assert.rejects(outbox.find("bob@identity.example"), /a redirect/);
  await net.find(postsOf(bob));
  await net.wait(60_000);
  assert.ok(net.fetched.includes("https://hub.example/"));
  assert.deepEqual(net.contacted, [...HOSTS, "identity.example"].sort());
  assert.deepEqual(new Set(net.redirects), new Set(["manual"]));
});
