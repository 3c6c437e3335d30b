import assert from "node:assert/strict";
import { SocketHub } from "../../src/tabs/socket_hub.ts";
import { leadTabs } from "../../src/tabs/tab_leader.ts";
import { tabNames, type ToLeader, type ToTab } from "../../src/tabs/tab_messages.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";
import { settled } from "../../testing/test_clock.ts";
import { FakeBrowser } from "../support/fake_browser.ts";

const URL = "wss://relay.example/";
const names = tabNames("test");

/** A tab that leads, its WebSockets, and others that are there until they leave. */
async function setUp() {
  const browser = new FakeBrowser();
  const sockets: ScriptedSocket[] = [];
  const hub = new SocketHub((url) => {
    if (url.startsWith("http")) throw new Error("no WebSocket");
    const socket = new ScriptedSocket();
    sockets.push(socket);
    return socket;
  });
  const news: string[] = [];
  const newsChannel = new BroadcastChannel(names.news);
  newsChannel.onmessage = ({ data }) => news.push(data.leader);
  const closing = new AbortController();
  leadTabs("test", "own", hub, closing.signal);
  const leader = new BroadcastChannel(names.leader);
  await settled();
  return {
    hub,
    sockets,
    news,
    closing,
    /** A tab that is there, and what it hears. */
    async join(id: string) {
      const heard: string[] = [];
      const { promise: leaving, resolve: leave } = Promise.withResolvers<void>();
      void navigator.locks.request(names.tab(id), {}, () => leaving);
      const inbox = new BroadcastChannel(names.tab(id));
      inbox.onmessage = ({ data }: { readonly data: ToTab }) =>
        heard.push([data.verb, data.line, "data" in data ? data.data : ""].join(" ").trim());
      await settled();
      const say = async (message: Record<string, unknown>) => {
        leader.postMessage({ tab: id, ...message } as ToLeader);
        await settled();
      };
      return {
        heard,
        say,
        async leave() {
          leave();
          await settled();
        },
      };
    },
    [Symbol.dispose]() {
      closing.abort();
      browser.restore();
    },
  };
}

Deno.test("leadTabs() tells all tabs who leads, and opens lines for them, each once", async () => {
  using world = await setUp();
  assert.deepEqual(world.news, ["own"]);
  const [a, b] = [await world.join("a"), await world.join("b")];
  await a.say({ line: 1, verb: "open", url: URL });
  await a.say({ line: 1, verb: "open", url: URL });
  await b.say({ line: 1, verb: "open", url: URL });
  assert.deepEqual([a.heard, b.heard], [["taken 1"], ["taken 1"]]);
  const [socket] = world.sockets;
  socket.open();
  socket.say("NOTICE", "hello");
  await settled();
  const heard = ["taken 1", "open 1", 'message 1 ["NOTICE","hello"]'];
  assert.deepEqual([a.heard, b.heard], [heard, heard]);
  await a.say({ line: 1, verb: "send", text: '["REQ","x",{}]' });
  assert.equal(socket.sent.length, 1);
  await a.say({ line: 1, verb: "close" });
  await a.say({ line: 1, verb: "send", text: '["REQ","y",{}]' });
  assert.deepEqual(socket.sent.slice(1).map(([verb]) => verb), ["CLOSE"]);
  assert.equal(world.hub.size, 1, "the other tab uses it");
});

Deno.test("leadTabs() says that a line has ended, or could not be opened", async () => {
  using world = await setUp();
  const tab = await world.join("a");
  await tab.say({ line: 1, verb: "open", url: URL });
  world.sockets[0].drop();
  await tab.say({ line: 2, verb: "open", url: "http://relay.example/" });
  assert.deepEqual(tab.heard, ["taken 1", "closed 1", "taken 2", "closed 2"]);
  await tab.say({ line: 1, verb: "open", url: URL });
  assert.equal(world.sockets.length, 2, "it is free to be opened again");
});

Deno.test("leadTabs() ends the lines of a tab that is gone, and meets it anew if it is not", async () => {
  using world = await setUp();
  const tab = await world.join("a");
  await tab.say({ line: 1, verb: "open", url: URL });
  const [socket] = world.sockets;
  socket.open();
  await tab.leave();
  assert.equal(socket.closes, 1);
  assert.equal(world.hub.size, 0);
  const again = await world.join("a");
  await again.say({ line: 1, verb: "open", url: URL });
  assert.deepEqual(again.heard, ["taken 1"]);
  assert.equal(world.hub.size, 1);
  await again.leave();
  assert.equal(world.hub.size, 0);
});

Deno.test("leadTabs() ends all lines with its signal, and hears nobody more", async () => {
  using world = await setUp();
  const tab = await world.join("a");
  await tab.say({ line: 1, verb: "open", url: URL });
  world.closing.abort();
  assert.equal(world.sockets[0].closes, 1);
  await tab.say({ line: 2, verb: "open", url: URL });
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(tab.heard[0], "taken 1");
});
