import assert from "node:assert/strict";
import { binText } from "../../npm/package_json.ts";

Deno.test("binText() starts the command line on Node 22.13 or later, and says so elsewhere", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/lib/cli`, { recursive: true });
    await Deno.writeTextFile(`${folder}/bin/outbox.js`, binText("./src/cli/main.ts"));
    await Deno.writeTextFile(
      `${folder}/lib/cli/main.js`,
      'export const main = async () => (console.log("started"), 3);',
    );
    const run = async (version: string) => {
      const before = `import process from "node:process";
        Object.defineProperty(process, "versions", { value: { node: "${version}" } });
        await import("./bin/outbox.js");`;
      await Deno.writeTextFile(`${folder}/run.mjs`, before);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", `${folder}/run.mjs`],
      }).output();
      const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return [code, out, error];
    };
    for (const version of ["22.13.0", "24.0.1", "100.1.0"]) {
      assert.deepEqual(await run(version), [3, "started\n", ""], version);
    }
    for (const version of ["20.20.2", "22.12.9", "18.0.0"]) {
      const sentence = `Cannot run on Node ${version}: it must be 22.13 or later\n`;
      assert.deepEqual(await run(version), [1, "", sentence]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
