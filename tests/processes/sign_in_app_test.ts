import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { testUnless } from "../support/test_unless.ts";
import { bundle, whyNoNode } from "./node.ts";

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));

/** A relay that takes events from members alone, and says who signed in. */
function walledRelay() {
  const names: string[] = [];
  const relay = RelayServer.start({
    restrictPrivateKinds: true,
    onSignIn: ({ pubkey }) => names.push(pubkey),
    intercept([verb, event], connection) {
      if (verb !== "EVENT" || connection.pubkeys.size > 0) return false;
      connection.send(["OK", (event as NostrEvent).id, false, "auth-required: who are you?"]);
      return true;
    },
  });
  return { relay, names };
}

for (const runtime of ["deno", "node"] as const) {
  testUnless(
    runtime === "node" ? await whyNoNode(22) : undefined,
    `NIP-42: createOutbox() on ${runtime} reads, publishes and delivers behind walls`,
    async () => {
      const folder = await Deno.makeTempDir();
      const program = `${folder}/app.mjs`;
      await bundle(new URL("sign_in_app.ts", import.meta.url).pathname, program);
      const home = walledRelay(), friends = walledRelay();
      home.relay.seed([bob.sign({ kind: 1059, tags: [["p", alice.pubkey]] })]);
      const [command, ...options] = runtime === "deno"
        ? [Deno.execPath(), "run", "-A", "--quiet", "--no-check", "--cached-only"]
        : ["node", "--no-warnings"];
      const { stdout } = await new Deno.Command(command, {
        args: [...options, program, home.relay.url, friends.relay.url],
        stderr: "inherit",
      }).output();
      assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
        read: 1,
        states: ["taken", "taken"],
        errors: [],
      });
      assert.deepEqual([...new Set([...home.names, ...friends.names])], [alice.pubkey]);
      await Promise.all([home.relay.stop(), friends.relay.stop()]);
      await Deno.remove(folder, { recursive: true });
    },
  );
}
