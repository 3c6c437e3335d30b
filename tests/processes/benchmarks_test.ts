import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

/** Runs a benchmark with small tasks, and returns what it prints. */
async function printed(file: string, ...tasks: readonly string[]): Promise<string> {
  // It measures the library, and tests none of it.
  const { DENO_COVERAGE_DIR: _, ...env } = Deno.env.toObject();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--lock=bench/deno.lock", "--frozen", file, ...tasks],
    cwd: ROOT,
    clearEnv: true,
    env,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("Benchmarks on simulated networks run to their end, and find what they ask for", async () => {
  const tasks = ["--follows=194", "--seeds=1", "--sessions=2", "--others=NDK"];
  const text = await printed("bench/sim.ts", ...tasks);
  const [found] = text.match(/(?<=\| createOutbox +\| +)[\d.]+/) ?? [];
  assert.ok(Number(found) > 90, text);
  assert.match(text, /\| NDK /);
  assert.match(text, /createOutbox from session to session/);
});

Deno.test("Benchmarks of screens run to their end, and find what they ask for", async () => {
  const tasks = ["--follows=194", "--seeds=1", "--clients=createOutbox", "--pages=2"];
  const text = await printed("bench/screens.ts", ...tasks);
  for (const screen of ["Home feed", "A day later", "Profile", "Thread", "Notifications"]) {
    assert.match(text, new RegExp(`### ${screen}[^#]*\\| createOutbox +\\| +(?:[89]\\d|100)`));
  }
});
