import assert from "node:assert/strict";
import { EventSightings } from "../../src/hints/event_sightings.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { draft } from "../../testing/memory_source.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { RecordMap } from "../support/relay_records.ts";

const [ALICE, BOB] = ["aa", "bb"].map((byte) => byte.repeat(32));
const idOf = (n: number) => n.toString(16).padStart(64, "0");
const [A, B, C, D] = [..."abcd"].map((name) => `wss://${name}.example/`);

function start({ backend = undefined as RecordMap | undefined, max = 100 } = {}) {
  const clock = new TestClock();
  const options = { clock, backend, onError: assert.fail, check: checkRelayUrl, max };
  return { clock, sightings: new EventSightings(options) };
}

const post = (n: number, more = {}) => draft({ id: idOf(n), pubkey: ALICE, kind: 1, ...more });

Deno.test("EventSightings know who wrote an event, and the first three relays that sent it", () => {
  const { sightings } = start();
  for (const url of [B, A, B, C, D]) sightings.saw(post(1), url);
  assert.equal(sightings.authorOf(`id:${idOf(1)}`), ALICE);
  const hints = sightings.get(`id:${idOf(1)}`);
  assert.deepEqual(hints.map(({ url }) => url), [B, A, C]);
  assert.ok(hints.every(({ source, weight }) => source === "delivered" && weight > 0));
  assert.equal(sightings.authorOf(`id:${idOf(2)}`), undefined);
  assert.deepEqual(sightings.get(`id:${idOf(2)}`), []);
});

Deno.test("NIP-01: EventSightings know an addressable event by its coordinate, too", () => {
  const { sightings } = start();
  sightings.saw(post(1, { kind: 30023, tags: [["t", "x"], ["d", "y:z"]] }), A);
  const key = `address:30023:${ALICE}:y:z`;
  assert.equal(sightings.authorOf(key), ALICE);
  assert.deepEqual(sightings.get(key).map(({ url }) => url), [A]);
  assert.equal(sightings.size, 2);
});

Deno.test("EventSightings leave out reactions, deletions, gift wraps, and what is replaced or not kept", () => {
  const { sightings } = start();
  for (const kind of [0, 3, 5, 7, 1059, 9735, 10002, 20001, 21059]) {
    sightings.saw(post(kind, { kind }), A);
  }
  assert.equal(sightings.size, 0);
});

Deno.test("EventSightings are bounded: the events seen longest ago go first", () => {
  const { sightings } = start({ max: 100 });
  for (let n = 0; n < 1_000; n++) sightings.saw(post(n), A);
  assert.ok(sightings.size <= 100);
  assert.equal(sightings.authorOf(`id:${idOf(999)}`), ALICE);
  assert.equal(sightings.authorOf(`id:${idOf(0)}`), undefined);
});

Deno.test("EventSightings outlive a restart, and leave out records that cannot be read", async () => {
  const backend = new RecordMap();
  const first = start({ backend });
  await first.sightings.ready();
  first.sightings.saw(post(1), A);
  first.sightings.saw(post(1), B);
  first.sightings.saw(post(2, { pubkey: BOB }), C);
  await first.sightings.close();
  const second = start({ backend });
  await second.sightings.ready();
  assert.equal(second.sightings.authorOf(`id:${idOf(1)}`), ALICE);
  assert.deepEqual(second.sightings.get(`id:${idOf(1)}`).map(({ url }) => url), [A, B]);
  assert.equal(second.sightings.authorOf(`id:${idOf(2)}`), BOB);
});

Deno.test("EventSightings name no relay that the policy has come to refuse", () => {
  const clock = new TestClock();
  let isRefused = false;
  const sightings = new EventSightings({
    clock,
    onError: assert.fail,
    check: (url) => isRefused && url === A ? { reason: "blocked" } as never : checkRelayUrl(url),
  });
  for (const url of [A, B]) sightings.saw(post(1), url);
  isRefused = true;
  assert.deepEqual(sightings.get(`id:${idOf(1)}`).map(({ url }) => url), [B]);
});
