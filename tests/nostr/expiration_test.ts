import assert from "node:assert/strict";
import { checkNotExpired, expiresAt, isExpired } from "../../src/nostr/expiration.ts";
import { draft } from "../../testing/memory_source.ts";

Deno.test("NIP-40: expiresAt() reads the earliest valid expiration of an event", () => {
  const read = (...tags: string[][]) => expiresAt({ tags });
  assert.equal(read(["expiration", "1600000000"]), 1_600_000_000);
  assert.equal(
    read(["t", "1"], ["expiration", "x"], ["expiration", "9"], ["expiration", "7"]),
    7,
  );
  for (const value of ["", "-1", "1.5", "1e3", " 1", "0x1", "9".repeat(16)]) {
    assert.equal(read(["expiration", value]), undefined, value);
  }
  for (const tags of [[], [[]], [null as never], [["expiration"]], [["Expiration", "1"]]]) {
    assert.equal(read(...tags), undefined);
  }
});

Deno.test("NIP-40: isExpired() holds from the second that the tag names", () => {
  const event = { tags: [["expiration", "100"]] };
  assert.deepEqual([99, 99.9, 100, 101].map((now) => isExpired(event, now)), [
    false,
    false,
    true,
    true,
  ]);
  assert.ok(!isExpired({ tags: [] }, Infinity));
});

Deno.test("NIP-40: checkNotExpired() refuses an event, and says since when it is over", () => {
  const event = draft({ tags: [["expiration", "100"]] });
  checkNotExpired(event, 99);
  assert.throws(() => checkNotExpired(event, 107.5), {
    name: "EventRefusedError",
    reason: "expired",
    message: `Cannot store an expired event: ${event.id} expired at 100, and it is 107`,
  });
});
