import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { createWorker } from "../../src/signatures/create_worker.ts";
import { checkPlainly } from "../../src/signatures/signature_check.ts";
import { WorkerVerifier } from "../../src/signatures/worker_verifier.ts";
import { Signer } from "../../testing/signer.ts";
import { ROOT } from "../support/source_files.ts";
import { testUnless } from "../support/test_unless.ts";

const author = new Signer(1);
const genuine = Array.from(
  { length: 400 },
  (_, i) => author.sign({ content: `${i}`, tags: [["t", '\u2028\ud800 "quoted"']] }),
);
const long = author.sign({ content: "long ".repeat(100_000) });

/** Genuine events with one field of another event, or with a value that no event has. */
const forgeries: NostrEvent[] = [
  { ...genuine[0], content: "forged" },
  { ...genuine[0], tags: [] },
  { ...genuine[0], kind: 7 },
  { ...genuine[0], created_at: 1 },
  { ...genuine[0], sig: genuine[1].sig },
  { ...genuine[0], id: genuine[1].id },
  { ...genuine[0], pubkey: new Signer(2).pubkey },
  { ...genuine[0], pubkey: "f".repeat(64) },
  { ...genuine[0], sig: "f".repeat(128) },
  { ...genuine[0], sig: "0".repeat(128) },
  { ...long, content: `${long.content}!` },
];

Deno.test("createWorker() starts a thread that knows genuine events from forged ones", async () => {
  let answers = 0;
  const verifier = new WorkerVerifier({
    clock: systemClock,
    check: checkPlainly,
    maxWorkers: 2,
    createWorker: (listener) => {
      const message = (message: unknown) => {
        answers++;
        listener.message(message);
      };
      return createWorker({ ...listener, message });
    },
  });
  const events = [...genuine, ...forgeries, long];
  // Threads take a moment to start, and another until they have WebAssembly.
  for (let round = 0; round < 50 && answers < 40; round++) {
    const results = await Promise.all(events.map((event) => verifier.verify(event)));
    assert.deepEqual(results, events.map((event) => !forgeries.includes(event)));
  }
  assert.ok(answers >= 40, `${answers} answers`);
  verifier.close();
});

/**
 * A program that verifies 600 events, a third of them forged, until a thread has answered or it
 * has tried often enough. Prints how often the result was wrong, and how many threads have answered.
 */
const PROGRAM = `
import { finalizeEvent } from "nostr-tools/pure";
import { systemClock } from "SRC/base/clock.ts";
import { createWorker } from "SRC/signatures/create_worker.ts";
import { checkPlainly } from "SRC/signatures/signature_check.ts";
import { WorkerVerifier } from "SRC/signatures/worker_verifier.ts";

// The library needs Node 22; with this, its threads can be tested in Node 20, too.
Promise.withResolvers ??= () => {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
};
const key = new Uint8Array(32).fill(7);
const events = Array.from({ length: 600 }, (_, i) => {
  const event = finalizeEvent({ kind: 1, created_at: i, tags: [], content: "x" }, key);
  const { id, pubkey, sig } = event;
  return { id, pubkey, sig, kind: 1, created_at: i, tags: [], content: i % 3 ? "x" : "forged" };
});
const answered = new Set();
const verifier = new WorkerVerifier({
  clock: systemClock,
  check: checkPlainly,
  maxWorkers: 1,
  createWorker: (listener) => createWorker({
    ...listener,
    message: (message) => {
      if (message !== "ready") answered.add(listener);
      listener.message(message);
    },
  }),
});
let wrong = 0;
for (let round = 0; round < TRIES && answered.size === 0; round++) {
  const results = await Promise.all(events.map((event) => verifier.verify(event)));
  wrong += results.filter((isValid, i) => isValid !== (i % 3 !== 0)).length;
}
verifier.close();
console.log(JSON.stringify({ wrong, threads: answered.size }));
`;

/**
 * Bundles the program, and its worker beside it unless `isAlone`; runs it. Where a thread is to
 * answer, it has as long as twenty tries take.
 */
async function runBundle(
  command: readonly string[],
  { isAlone = false, tries = 20 } = {},
): Promise<{ wrong: number; threads: number }> {
  const dir = await Deno.makeTempDir();
  try {
    const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
    await Deno.writeTextFile(`${dir}/deno.json`, JSON.stringify({ imports: config.imports }));
    const program = PROGRAM.replaceAll("SRC", `${ROOT}src`).replace("TRIES", `${tries}`);
    await Deno.writeTextFile(`${dir}/program.ts`, program);
    await bundle(dir, `${dir}/program.ts`, `${dir}/program.mjs`);
    if (!isAlone) {
      await bundle(dir, `${ROOT}src/signatures/verify_worker.ts`, `${dir}/verify_worker.js`);
    }
    await Deno.writeTextFile(`${dir}/package.json`, '{ "type": "module" }');
    await Deno.remove(`${dir}/deno.json`);
    return JSON.parse(await output(command[0], [...command.slice(1), `${dir}/program.mjs`], dir));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function bundle(dir: string, from: string, to: string): Promise<void> {
  const settings = ["--quiet", "--no-lock", "--config", `${dir}/deno.json`];
  await output(Deno.execPath(), ["bundle", ...settings, from, "-o", to], dir);
}

async function output(program: string, args: string[], cwd: string): Promise<string> {
  const command = new Deno.Command(program, { args, cwd, stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const deno = [Deno.execPath(), "run", "--no-lock", "--quiet"];

Deno.test("createWorker() starts verify_worker.js beside a bundle, in Deno", async () => {
  assert.deepEqual(await runBundle([...deno, "--allow-read"]), { wrong: 0, threads: 1 });
});

Deno.test("WorkerVerifier verifies without threads where Deno may not read their file", async () => {
  assert.deepEqual(await runBundle(deno, { tries: 2 }), { wrong: 0, threads: 0 });
});

Deno.test("WorkerVerifier verifies without threads where a bundle has no worker beside it", async () => {
  const found = await runBundle([...deno, "--allow-read"], { isAlone: true, tries: 2 });
  assert.deepEqual(found, { wrong: 0, threads: 0 });
});

testUnless(
  await withoutNode(),
  "createWorker() starts verify_worker.js beside a bundle, in Node",
  async () => assert.deepEqual(await runBundle(["node"]), { wrong: 0, threads: 1 }),
);

testUnless(
  await withoutNode(),
  "WorkerVerifier verifies without threads where a bundle has no worker beside it, in Node",
  async () =>
    assert.deepEqual(await runBundle(["node"], { isAlone: true, tries: 2 }), {
      wrong: 0,
      threads: 0,
    }),
);

/** Why there is no Node to test with. */
async function withoutNode(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("node", { args: ["--version"] }).output();
    return success ? undefined : "Node does not run";
  } catch {
    return "there is no Node";
  }
}
