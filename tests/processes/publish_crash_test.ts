import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { envNumber } from "../support/env_number.ts";
import { testUnless } from "../support/test_unless.ts";
import { bundle, whyNoNode } from "./node.ts";
import { postgres } from "./postgres.ts";

/** How often a program that publishes is killed, on each runtime. */
const ROUNDS = envNumber("OUTBOX_CRASH_ROUNDS", 30);
/** After how many of these the relay that is away returns, and everything is sent. */
const ROUNDS_AWAY = 50;
/** The first Node with `node:sqlite` and `WebSocket`. */
const NODE = 22;
/** Longest that a program lives that is killed at some time, in milliseconds. */
const LIFE_MS = 1_200;

const folder = await Deno.makeTempDir();
const program = `${folder}/writer.mjs`;
let bundled: Promise<void> | undefined;
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

type Runtime = "deno" | "node";

/** Starts the program; see `publish_crash_writer.ts`. */
async function start(runtime: Runtime, args: readonly string[]): Promise<Deno.ChildProcess> {
  await (bundled ??= bundle(
    new URL("publish_crash_writer.ts", import.meta.url).pathname,
    program,
  ));
  const [command, options] = runtime === "deno"
    ? [Deno.execPath(), ["run", "--allow-all", "--cached-only", "--quiet", "--no-check"]]
    : ["node", ["--no-warnings"]];
  return new Deno.Command(command, { args: [...options, program, ...args], stdout: "piped" })
    .spawn();
}

/** When a program is killed: once it has acknowledged so many events, or after so long. */
type Moment = { readonly acknowledged: number } | { readonly ms: number };

const anyMoment: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ acknowledged: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ ms: fc.integer({ min: 0, max: LIFE_MS }) }),
);

/** Lets the program publish, and kills it; returns what it acknowledged. */
async function publishAndKill(
  runtime: Runtime,
  args: readonly string[],
  moment: Moment,
): Promise<string[]> {
  const child = await start(runtime, args);
  const kill = () => child.kill("SIGKILL");
  const timer = "ms" in moment ? setTimeout(kill, moment.ms) : undefined;
  let text = "";
  let isKilled = timer !== undefined;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (isKilled || text.split("\n").length <= (moment as { acknowledged: number }).acknowledged) {
      continue;
    }
    isKilled = true;
    kill();
  }
  assert.equal((await child.status).signal, "SIGKILL", "the program ended by itself");
  // The last line may be cut short.
  return text.split("\n").slice(0, -1).filter((line) => line !== "ready");
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

for (const runtime of ["deno", "node"] as const) {
  testUnless(
    runtime === "node" ? await whyNoNode(NODE) : undefined,
    `P1: Outbox publish() loses no event that it acknowledged, and none is sent twice in one run, whenever its process is killed (${runtime})`,
    async () => {
      const path = `${folder}/${runtime}.sqlite3`;
      const up = countingRelay();
      const away = countingRelay();
      const urls = [up.relay.url, away.relay.url];
      const acknowledged: string[] = [];
      const total = new Map<string, number>();
      const count = () => {
        const most = Math.max(0, ...up.received.values());
        assert.ok(most <= 1, `an event was sent ${most} times in one run`);
        for (const [id, times] of up.received) total.set(id, (total.get(id) ?? 0) + times);
        up.received.clear();
      };
      const moments = fc.sample(anyMoment, { numRuns: ROUNDS, seed: Date.now() });
      for (const [round, moment] of moments.entries()) {
        if (round % ROUNDS_AWAY === 0) await away.relay.down();
        const args = [path, `${round}`, "publish", ...urls];
        acknowledged.push(...await publishAndKill(runtime, args, moment));
        count();
        if (round % ROUNDS_AWAY < ROUNDS_AWAY - 1 && round < ROUNDS - 1) continue;
        away.relay.up();
        const { code } = await (await start(runtime, [path, "0", "drain", ...urls])).output();
        assert.equal(code, 0);
        count();
      }
      assert.ok(acknowledged.length > ROUNDS);
      for (const { relay } of [up, away]) {
        const lost = acknowledged.filter((id) => !relay.has(id));
        assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.length} are lost`);
        await relay.stop();
      }
      assert.ok(Math.max(0, ...away.received.values()) <= 1);
      const times = [...total.values()];
      const sent = (n: number) => times.filter((one) => one === n).length;
      console.log(
        `${ROUNDS} kills: ${acknowledged.length} acknowledged, 0 lost; sent once ${sent(1)}, ` +
          `twice ${sent(2)}, more often ${times.length - sent(1) - sent(2)}`,
      );
    },
  );
}

/** Where two programs publish: a file, or a PostgreSQL. */
const DATABASES = {
  SQLite: () => Promise.resolve(`${folder}/two.sqlite3`),
  PostgreSQL: async () => typeof postgres === "string" ? "" : (await postgres.schema()).url,
};

for (const [name, database] of Object.entries(DATABASES)) {
  testUnless(
    name === "PostgreSQL" && typeof postgres === "string" ? postgres : undefined,
    `P1: Outbox publish() of two processes over one ${name}: one sends, and the other takes over when it is killed`,
    async () => {
      const path = await database();
      const { relay, received } = countingRelay();
      await relay.down();
      const other = await start("deno", [path, "0", "wait", relay.url]);
      const output = other.stdout.pipeThrough(new TextDecoderStream()).getReader();
      assert.equal((await output.read()).value, "ready\n");
      const args = [path, "1", "publish", relay.url];
      const acknowledged = await publishAndKill("deno", args, { acknowledged: 20 });
      relay.up();
      const until = performance.now() + 120_000;
      while (acknowledged.some((id) => !relay.has(id))) {
        assert.ok(performance.now() < until, "the other never took over");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(Math.max(...received.values()) <= 1);
      other.kill("SIGKILL");
      await output.cancel();
      await other.status;
      await relay.stop();
    },
  );
}
