/**
 * Leaves out files of coverage that were not written to their end: those of workers that were
 * terminated, or processes that a test killed, while they wrote. `deno coverage` stops at such a
 * file.
 *
 *     deno run -A tests/support/coverage_files.ts coverage
 *
 * @module
 */

/** Most files of a run that may be left out; with more of them the figures would tell little. */
const MOST = 20;

/** Deletes the files of a folder that are not whole; returns how many there are and were. */
export async function dropCutFiles(folder: string): Promise<{ files: number; cut: number }> {
  let files = 0, cut = 0;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".json")) continue;
    files++;
    const path = `${folder}/${name}`;
    if (await endsWithBrace(path)) continue;
    await Deno.remove(path);
    cut++;
  }
  return { files, cut };
}

async function endsWithBrace(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  if (size === 0) return false;
  await file.seek(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  await file.read(last);
  return last[0] === "}".charCodeAt(0);
}

if (import.meta.main) {
  const { files, cut } = await dropCutFiles(Deno.args[0]);
  if (cut > 0) console.log(`${cut} of ${files} coverage files were cut off while being written.`);
  if (cut > MOST) Deno.exit(1);
}
