import assert from "node:assert/strict";
import { fileVersion, readChanged } from "../../src/cli/read_changed.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";
import { TestClock } from "../../testing/test_clock.ts";

Deno.test("readChanged() reads again where the version is another one, and after a minute", async () => {
  const clock = new TestClock();
  let version: string | undefined = "a", reads = 0;
  const read = readChanged({
    read: () => Promise.resolve(++reads),
    version: () => Promise.resolve(version),
    clock,
  });
  assert.deepEqual([await read(), await read()], [1, 1]);
  version = "b";
  assert.deepEqual([await read(), await read()], [2, 2]);
  await clock.advance(59_999);
  assert.equal(await read(), 2);
  await clock.advance(1);
  assert.deepEqual([await read(), await read()], [3, 3]);
  version = undefined;
  assert.deepEqual([await read(), await read()], [4, 5]);
});

Deno.test("readChanged() reads again what was written while it was reading, or after it failed", async () => {
  let version = "a", reads = 0;
  const read = readChanged({
    read() {
      if (++reads === 1) version = "b";
      return reads === 3 ? Promise.reject(new Error("locked")) : Promise.resolve(reads);
    },
    version: () => Promise.resolve(version),
    clock: new TestClock(),
  });
  assert.deepEqual([await read(), await read(), await read()], [1, 2, 2]);
  version = "c";
  await assert.rejects(read(), /locked/);
  assert.equal(await read(), 4);
});

Deno.test("fileVersion() changes with what another connection writes, and not with what it reads", async () => {
  const folder = await Deno.makeTempDir();
  const db = `${folder}/a.sqlite3`;
  try {
    assert.equal(typeof await fileVersion(db), "string", "There is no file yet");
    await using store = await openSqlite(db);
    await using other = await openSqlite(db);
    const versions = [await fileVersion(db)];
    for (let i = 1; i <= 3; i++) {
      await other.event(new Signer(i).relayList({ both: ["wss://a.example"] }));
      versions.push(await fileVersion(db));
      await store.query([{ kinds: [10002] }]);
      await store.readRecords("relay");
      assert.equal(await fileVersion(db), versions.at(-1));
      await other.writeRecords("relay", new Map([["wss://a.example/", `${i}`]]));
      versions.push(await fileVersion(db));
    }
    assert.equal(new Set(versions).size, versions.length);
    assert.equal(await fileVersion(":memory:"), undefined);
    assert.equal(await fileVersion(undefined), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
