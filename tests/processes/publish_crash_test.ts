import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { envNumber } from "../support/env_number.ts";

/** How often a program that publishes is killed. */
const ROUNDS = envNumber("OUTBOX_CRASH_ROUNDS", 30);

/** Starts the program; see `publish_crash_writer.ts`. */
function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--cached-only",
      "--quiet",
      "--no-check",
      new URL("publish_crash_writer.ts", import.meta.url).pathname,
      ...args,
    ],
    stdout: "piped",
  }).spawn();
}

/** Lets the program publish until it has acknowledged `count` events, and kills it. */
async function publishAndKill(args: readonly string[], count: number): Promise<string[]> {
  const child = start(args);
  let text = "";
  let isKilled = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (isKilled || text.split("\n").length <= count) continue;
    isKilled = true;
    child.kill("SIGKILL");
  }
  assert.equal((await child.status).signal, "SIGKILL", "the program ended by itself");
  // The last line may be cut short.
  return text.split("\n").slice(0, -1);
}

/** A relay that counts how often it is sent each event. */
function countingRelay() {
  const received = new Map<string, number>();
  const relay = RelayServer.start({
    intercept([verb, event]) {
      if (verb !== "EVENT") return false;
      const { id } = event as { id: string };
      received.set(id, (received.get(id) ?? 0) + 1);
      return false;
    },
  });
  return { relay, received };
}

Deno.test("P1: Outbox publish() loses no event that it acknowledged, and none is sent twice in one run, whenever its process is killed", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/outbox.sqlite3`;
  const up = countingRelay();
  const away = countingRelay();
  const urls = [up.relay.url, away.relay.url];
  await away.relay.down();
  const counts = fc.sample(fc.integer({ min: 1, max: 60 }), { numRuns: ROUNDS, seed: 1 });
  const acknowledged: string[] = [];
  for (const [round, count] of counts.entries()) {
    up.received.clear();
    acknowledged.push(...await publishAndKill([path, `${round}`, "publish", ...urls], count));
    const most = Math.max(0, ...up.received.values());
    assert.ok(most <= 1, `an event was sent ${most} times in one run`);
  }
  assert.ok(acknowledged.length > ROUNDS);
  away.relay.up();
  up.received.clear();
  const { code } = await start([path, "0", "drain", ...urls]).output();
  assert.equal(code, 0);
  for (const { relay, received } of [up, away]) {
    const lost = acknowledged.filter((id) => !relay.has(id));
    assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.length} are lost`);
    assert.ok(Math.max(0, ...received.values()) <= 1);
    await relay.stop();
  }
  await Deno.remove(folder, { recursive: true });
});
