import assert from "node:assert/strict";
import { AUTHORITY, LOCAL_CERTIFICATE, LOCAL_KEY } from "../../testing/local_certificate.ts";
import { READER, startSmallNetwork } from "../support/small_network.ts";

/** A server of NIP-05 documents over HTTPS, and what it was asked for. */
function serveNames(names: Record<string, string>) {
  const asked: string[] = [];
  const options = { hostname: "127.0.0.1", port: 0, cert: LOCAL_CERTIFICATE, key: LOCAL_KEY };
  const server = Deno.serve({ ...options, onListen() {} }, ({ url }) => {
    const { pathname, search } = new URL(url);
    asked.push(pathname + search);
    if (pathname === "/.well-known/nostr.json") return Response.json({ names });
    return new Response(null, { status: 404 });
  });
  return { host: `127.0.0.1:${server.addr.port}`, asked, stop: () => server.shutdown() };
}

/** Runs a command line that trusts an authority, or only those that the machine trusts. */
async function runCommand(args: readonly string[], authority?: string) {
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const trust = authority === undefined ? [] : ["--cert", authority];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...trust, main, ...args],
    cwd: new URL("../..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, error };
}

Deno.test("src/cli/main.ts looks a name up at its domain over HTTPS (NIP-05), and trusts no other certificate", async () => {
  await using network = startSmallNetwork();
  const names = serveNames({ reader: READER.pubkey });
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(file, AUTHORITY);
  try {
    const args = ["plan", `Reader@${names.host}`, "--quiet", ...network.options];
    const trusted = await runCommand(args, file);
    assert.equal(trusted.code, 0, trusted.error);
    assert.match(trusted.out, /follows 3 people\. 3 relays would be asked/);
    assert.deepEqual(names.asked, ["/.well-known/nostr.json?name=reader"]);

    const stranger = await runCommand(["plan", `nobody@${names.host}`, ...network.options], file);
    assert.equal(stranger.code, 1);
    assert.match(
      stranger.error,
      /^Cannot look up nobody@127\.0\.0\.1:\d+: .* names no pubkey for it$/m,
    );

    const { asked: { length } } = names;
    const untrusted = await runCommand(args);
    assert.equal(untrusted.code, 1);
    assert.match(untrusted.error, /^Cannot look up reader@127\.0\.0\.1:\d+: .*\n$/);
    // Without a relay on this machine, no name on this machine is looked up.
    const closed = await runCommand([
      "plan",
      `reader@${names.host}`,
      "--relay",
      "wss://hub.example",
    ], file);
    assert.match(closed.error, /^Cannot look up an identifier: its host is .*\n$/);
    assert.equal(names.asked.length, length);
  } finally {
    await names.stop();
    await Deno.remove(file);
  }
});
