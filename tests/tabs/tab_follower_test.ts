import assert from "node:assert/strict";
import type { Line, LineListener } from "../../src/tabs/socket_hub.ts";
import { TabFollower } from "../../src/tabs/tab_follower.ts";
import { tabNames, type ToLeader, type ToTab } from "../../src/tabs/tab_messages.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { FakeBrowser } from "../support/fake_browser.ts";

const URL = "wss://relay.example/";
const names = tabNames("test");

/** A tab that follows, and what the tab that leads hears of it and says to it. */
function setUp() {
  const browser = new FakeBrowser();
  const clock = new TestClock();
  const leader = new BroadcastChannel(names.leader);
  const inbox = new BroadcastChannel(names.tab("own"));
  const news = new BroadcastChannel(names.news);
  const said: string[] = [];
  leader.onmessage = ({ data }: { readonly data: ToLeader }) =>
    said.push(`${data.verb} ${data.line}${"text" in data ? ` ${data.text}` : ""}`);
  const follower = new TabFollower("test", "own", clock);
  /** What lines of its own were sent, and their listeners. */
  const alone: { sent: string[]; listener: LineListener; closes: number }[] = [];
  const open = () => {
    const heard: string[] = [];
    const line = follower.open(URL, {
      open: () => heard.push("open"),
      message: (data) => heard.push(data),
      closed: (code, reason) => heard.push(`closed ${code} ${reason}`),
    }, (listener): Line => {
      const own = { sent: [] as string[], listener, closes: 0 };
      alone.push(own);
      return { send: (text) => void own.sent.push(text), close: () => void own.closes++ };
    });
    return { heard, line };
  };
  return {
    clock,
    follower,
    alone,
    open,
    /** What the tab that leads has heard since the last time. */
    async said() {
      await settled();
      return said.splice(0);
    },
    async say(message: ToTab) {
      inbox.postMessage(message);
      await settled();
    },
    async lead(by: string) {
      news.postMessage({ leader: by });
      await settled();
    },
    [Symbol.dispose]() {
      follower.close();
      browser.restore();
    },
  };
}

Deno.test("TabFollower hands on what the tab that leads says, until the line is closed", async () => {
  using world = setUp();
  const { clock, alone, open } = world;
  const [one, two] = [open(), open()];
  assert.deepEqual(await world.said(), ["open 1", "open 2"]);
  for (const line of [1, 2]) await world.say({ line, verb: "taken" });
  await clock.advance(60_000);
  assert.equal(alone.length, 0, "a relay may be slow, the tab is there");
  await world.say({ line: 1, verb: "open" });
  one.line.send("hello");
  await world.say({ line: 1, verb: "message", data: "answer" });
  await world.say({ line: 9, verb: "message", data: "nobody's" });
  await world.say({ line: 1, verb: "closed", code: 1012, reason: "restart" });
  assert.deepEqual(one.heard, ["open", "answer", "closed 1012 restart"]);
  assert.deepEqual(two.heard, []);
  await world.say({ line: 1, verb: "message", data: "late" });
  one.line.close();
  two.line.close();
  two.line.close();
  await world.say({ line: 2, verb: "message", data: "late" });
  assert.deepEqual([one.heard.length, two.heard.length], [3, 0]);
  assert.deepEqual(await world.said(), ["send 1 hello", "close 2"]);
});

Deno.test("TabFollower goes alone if no tab answers within two seconds", async () => {
  using world = setUp();
  const { clock, alone, open } = world;
  const [one, two] = [open(), open()];
  two.line.close();
  await clock.advance(1_999);
  assert.equal(alone.length, 0);
  await clock.advance(1);
  assert.equal(alone.length, 1, "what was closed meanwhile needs none");
  // The other tab may only be slow: it must not keep the line.
  assert.deepEqual(await world.said(), ["open 1", "open 2", "close 2", "close 1"]);
  await world.say({ line: 1, verb: "message", data: "too late" });
  await world.lead("other");
  one.line.send("hello");
  alone[0].listener.open();
  alone[0].listener.message("answer");
  assert.deepEqual([alone[0].sent, one.heard], [["hello"], ["open", "answer"]]);
  alone[0].listener.closed(1006);
  one.line.close();
  assert.deepEqual(one.heard.at(-1), "closed 1006 undefined");
  assert.deepEqual(await world.said(), []);
  const three = open();
  await clock.advance(2_000);
  three.line.close();
  assert.equal(alone[1].closes, 1);
});

Deno.test("TabFollower asks a new tab that leads for what the former had not taken", async () => {
  using world = setUp();
  const { clock, alone, open } = world;
  const [taken, asked] = [open(), open()];
  await world.say({ line: 1, verb: "taken" });
  await world.said();
  await world.lead("own");
  assert.deepEqual([taken.heard, await world.said()], [[], []], "it is told by itself");
  await world.lead("other");
  assert.deepEqual(taken.heard, ["closed undefined the tab that had the connection is gone"]);
  assert.deepEqual(asked.heard, []);
  taken.line.close();
  assert.deepEqual(await world.said(), ["open 2"]);
  await world.say({ line: 2, verb: "taken" });
  await clock.advance(10_000);
  assert.equal(alone.length, 0);
});

Deno.test("TabFollower has no lines over itself once it leads", async () => {
  using world = setUp();
  const { clock, alone, follower, open } = world;
  const lines = [open(), open()];
  await world.say({ line: 1, verb: "taken" });
  await world.said();
  follower.leaderChanged(true);
  for (const { heard } of lines) assert.match(heard.join(), /^closed undefined the tab that had/);
  follower.leaderChanged(true);
  await clock.advance(10_000);
  assert.equal(alone.length, 0);
  for (const { heard, line } of lines) {
    line.close();
    assert.equal(heard.length, 1);
  }
  assert.deepEqual(await world.said(), []);
});

Deno.test("TabFollower close() ends lines of its own, and hears nothing more", async () => {
  using world = setUp();
  const { clock, alone, follower, open } = world;
  open();
  await clock.advance(2_000);
  const [taken, asked] = [open(), open()];
  await world.say({ line: 2, verb: "taken" });
  follower.close();
  assert.equal(alone[0].closes, 1);
  await clock.advance(10_000);
  assert.equal(alone.length, 1);
  await world.say({ line: 2, verb: "message", data: "late" });
  await world.lead("other");
  assert.deepEqual([taken.heard, asked.heard], [[], []]);
});
