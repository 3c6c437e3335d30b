import assert from "node:assert/strict";
import { type PlanOptions, planSettings } from "../../src/plan/plan_options.ts";
import { LiveAssignment } from "../../src/requests/live_assignment.ts";
import { url } from "../support/scripted_request.ts";

const [ALICE, BOB, CAROL, DAVE] = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
const urls = (letters: string) => [...letters].map(url);

/** Seats by letters: `{ [ALICE]: "ab" }` has alice asked for on `a` and `b`, which she lists. */
function seats(own: Record<string, string>, options: PlanOptions = {}): LiveAssignment {
  const settings = planSettings({ relaysPerAuthor: 2, maxRelays: 3, ...options });
  const seatings = Object.entries(own).map(([key, letters]) => ({
    role: "write" as const,
    subject: key,
    urls: urls(letters),
  }));
  return new LiveAssignment(settings, seatings, ({ subject }) => urls(own[subject]));
}

/** Who is asked for where: `{ a: [ALICE] }`. */
function asked(seats: LiveAssignment): Record<string, string[]> {
  const found = [...seats.asked()].map(([url, rows]) =>
    [url[6], [...rows].map(({ subject }) => subject).sort()] as const
  );
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("LiveAssignment seats somebody on relays that are asked anyway, rather than on others", () => {
  const live = seats({ [ALICE]: "ab", [BOB]: "" });
  live.list("write", BOB, urls("cba"));
  assert.deepEqual(asked(live), { a: [ALICE, BOB], b: [ALICE, BOB] });
});

Deno.test("LiveAssignment takes the heaviest of those that are asked, and of equals those with most people", () => {
  const live = seats(
    { [ALICE]: "b", [BOB]: "b", [CAROL]: "c", [DAVE]: "", ["ee".repeat(32)]: "a" },
    {
      relaysPerAuthor: 1,
      weight: (it) => it === url("c") ? 2 : 1,
    },
  );
  live.list("write", DAVE, urls("abc"));
  assert.deepEqual(asked(live).c, [CAROL, DAVE]);
  live.list("write", DAVE, urls("ab"));
  assert.deepEqual(asked(live).b, [ALICE, BOB, DAVE]);
});

Deno.test("LiveAssignment leaves somebody where they are, as long as their list has it", () => {
  const live = seats({ [ALICE]: "a", [BOB]: "b", [CAROL]: "b" }, { relaysPerAuthor: 1 });
  live.list("write", ALICE, urls("ba"));
  assert.deepEqual(asked(live).a, [ALICE]);
  assert.deepEqual(live.difference(), []);
});

Deno.test("LiveAssignment asks more relays while there is room: those first that would do most", () => {
  const live = seats({ [ALICE]: "a", [BOB]: "b", [CAROL]: "c", [DAVE]: "" }, { maxRelays: 3 });
  live.list("write", BOB, urls("be"));
  live.list("write", CAROL, urls("ce"));
  assert.deepEqual(Object.keys(asked(live)), ["a", "b", "c"]);
  live.list("write", ALICE, urls("b"));
  // There is room again, and two others want e.
  live.list("write", DAVE, urls("de"));
  assert.deepEqual(asked(live), { b: [ALICE, BOB], c: [CAROL], e: [BOB, CAROL, DAVE] });
});

Deno.test("LiveAssignment weighs how many want a relay with how heavy it is", () => {
  const weight = (it: string) => it === url("e") ? 5 : 1;
  const options = { maxRelays: 2, relaysPerAuthor: 1, weight };
  const live = seats({ [ALICE]: "a", [BOB]: "b", [CAROL]: "", [DAVE]: "" }, options);
  live.list("write", DAVE, urls("f"));
  live.list("write", BOB, urls("a"));
  live.list("write", CAROL, urls("fe"));
  assert.deepEqual(asked(live), { a: [ALICE, BOB], e: [CAROL] });
});

Deno.test("LiveAssignment gives nobody a relay that they wanted before they had enough", () => {
  const live = seats({ [ALICE]: "a", [BOB]: "d", [CAROL]: "", [DAVE]: "" }, {
    maxRelays: 2,
    relaysPerAuthor: 1,
  });
  live.list("write", CAROL, urls("bc"));
  live.list("write", BOB, urls("a"));
  live.list("write", DAVE, urls("b"));
  assert.deepEqual(asked(live), { a: [ALICE, BOB], b: [CAROL, DAVE] });
  live.list("write", ALICE, urls("b"));
  live.list("write", BOB, urls("c"));
  assert.deepEqual(asked(live), { b: [ALICE, CAROL, DAVE], c: [BOB] });
});

Deno.test("LiveAssignment counts two URLs of one host as one relay: the heaviest, then the shortest", () => {
  const live = seats({ [ALICE]: "", [BOB]: "" }, {
    weight: (url) => url.endsWith("heavy") ? 2 : 1,
  });
  live.list("write", ALICE, ["wss://a.example/long", "wss://a.example/", "wss://b.example/"]);
  live.list("write", BOB, ["wss://c.example/", "wss://c.example/heavy", "wss://c.example/x"]);
  assert.deepEqual([...live.asked().keys()].sort(), [
    "wss://a.example/",
    "wss://b.example/",
    "wss://c.example/heavy",
  ]);
});

Deno.test("LiveAssignment has the fallback relays stand in for those for whom there is no room", () => {
  const live = seats({ [ALICE]: "ab", [BOB]: "" }, {
    maxRelays: 2,
    fallbackRelays: ["wss://b.example"],
  });
  live.list("write", BOB, urls("c"));
  assert.deepEqual(asked(live), { a: [ALICE], b: [ALICE, BOB] });
  assert.ok(!live.isShort);

  const short = seats({ [ALICE]: "ab", [BOB]: "" }, { maxRelays: 2, fallbackRelays: [url("z")] });
  short.list("write", BOB, urls("c"));
  assert.deepEqual(asked(short), { a: [ALICE], b: [ALICE] });
  assert.ok(short.isShort);

  const roomy = seats({ [ALICE]: "ab", [BOB]: "d" }, { maxRelays: 4, fallbackRelays: [url("z")] });
  roomy.list("write", BOB, []);
  assert.deepEqual(asked(roomy), { a: [ALICE], b: [ALICE], z: [BOB] });

  const several = seats({ [ALICE]: "b", [BOB]: "d" }, {
    relaysPerAuthor: 1,
    fallbackRelays: urls("ab"),
  });
  several.list("write", BOB, []);
  assert.deepEqual(asked(several), { b: [ALICE, BOB] });
  assert.deepEqual(asked(roomy), { a: [ALICE], b: [ALICE], z: [BOB] });
});

Deno.test("LiveAssignment knows who is asked for on their list, and what is news", () => {
  const live = seats({ [ALICE]: "ab", [BOB]: "", [CAROL]: "" }, { maxRelays: 2 });
  assert.equal(live.covered, 1);
  assert.equal(live.list("write", BOB, urls("b")), true);
  assert.equal(live.list("write", CAROL, urls("c")), false);
  assert.equal(live.covered, 2);
  assert.equal(live.list("write", CAROL, urls("c")), undefined, "nothing new");
  assert.equal(live.list("write", CAROL, urls("cb")), false, "not the first");
  assert.equal(live.covered, 3);
  assert.equal(live.list("read", CAROL, urls("b")), undefined, "not asked for");
  live.list("write", ALICE, ["junk"]);
  assert.equal(live.covered, 2);
});

Deno.test("LiveAssignment compares itself with other seatings by the same measure", () => {
  const live = seats({ [ALICE]: "ab", [BOB]: "b", [CAROL]: "" });
  assert.deepEqual(live.merit, { unasked: 1, covered: 2, worth: 2.5 });
  const seating = (key: string, letters: string) => ({
    role: "write" as const,
    subject: key,
    urls: urls(letters),
  });
  const same = [seating(ALICE, "ab"), seating(BOB, "b"), seating(CAROL, "")];
  assert.deepEqual(live.meritOf(same), live.merit);
  const other = [seating(ALICE, "a"), seating(BOB, "z"), seating(CAROL, "z")];
  assert.deepEqual(live.meritOf(other), { unasked: 0, covered: 1, worth: 1 });
});

Deno.test("LiveAssignment that adopts a seating moves nobody who sits on one of its relays", () => {
  const live = seats({ [ALICE]: "a", [BOB]: "b", [CAROL]: "c", [DAVE]: "a" }, {
    relaysPerAuthor: 1,
  });
  live.list("write", ALICE, urls("ab"));
  live.list("write", BOB, urls("bc"));
  const before = asked(live);
  live.adopt([
    { role: "write", subject: ALICE, urls: urls("b") },
    { role: "write", subject: BOB, urls: urls("c") },
    { role: "write", subject: CAROL, urls: urls("c") },
    { role: "write", subject: DAVE, urls: urls("a") },
  ]);
  assert.deepEqual(asked(live), before);
  live.adopt([{ role: "write", subject: BOB, urls: urls("b") }]);
  assert.deepEqual(asked(live), { b: [BOB] }, "others are asked for no longer");
});

Deno.test("LiveAssignment forgets relays that nobody lists, and those that are never asked", () => {
  for (const weight of [0, 1]) {
    const met: string[] = [];
    const live = seats({ [ALICE]: "a", [BOB]: "b" }, {
      weight: (url) => met.push(url) > 0 ? weight : 0,
    });
    for (let i = 0; i < 1_000; i++) {
      live.list("write", ALICE, Array.from({ length: 64 }, (_, n) => `wss://r${i}-${n}.example/`));
      live.difference();
    }
    met.length = 0;
    live.weigh();
    assert.ok(met.length <= 66, `${met.length} are remembered`);
  }
});
