import assert from "node:assert/strict";
import { type OpenLine, ownLine, SharedSocket } from "../../src/tabs/shared_socket.ts";
import type { LineListener } from "../../src/tabs/socket_hub.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";
import { settled } from "../../testing/test_clock.ts";

/** A socket, what it hears, and the line that it gets once it is known how lines are opened. */
function setUp() {
  const { promise: opening, resolve, reject } = Promise.withResolvers<OpenLine>();
  const socket = new SharedSocket(opening);
  const heard: string[] = [];
  socket.onopen = () => heard.push("open");
  socket.onmessage = ({ data }) => heard.push(`${data}`);
  socket.onclose = ({ code, reason }) => heard.push(`closed ${code} ${reason}`);
  const line = { listener: undefined as LineListener | undefined, sent: [] as string[], closes: 0 };
  const open: OpenLine = (listener) => {
    line.listener = listener;
    return { send: (text) => void line.sent.push(text), close: () => void line.closes++ };
  };
  const start = async () => {
    resolve(open);
    await settled();
    return line.listener!;
  };
  return { socket, heard, line, start, reject };
}

Deno.test("SharedSocket is open while its line is, and says so as a WebSocket does", async () => {
  const { socket, heard, line, start } = setUp();
  assert.equal(socket.readyState, WebSocket.CONNECTING);
  const listener = await start();
  socket.send("too early");
  listener.message("too early");
  listener.open();
  assert.equal(socket.readyState, WebSocket.OPEN);
  listener.open();
  socket.send("hello");
  listener.message("answer");
  listener.closed(1012, "restart");
  assert.equal(socket.readyState, WebSocket.CLOSED);
  socket.send("too late");
  listener.message("too late");
  listener.closed(1006);
  assert.deepEqual(heard, ["open", "answer", "closed 1012 restart"]);
  assert.deepEqual(line.sent, ["hello"]);
});

Deno.test("SharedSocket close() ends its line, and opens none later", async () => {
  const early = setUp();
  early.socket.close();
  assert.equal(await early.start(), undefined);
  const { socket, heard, line, start } = setUp();
  const listener = await start();
  socket.close();
  socket.close();
  assert.deepEqual([line.closes, socket.readyState], [1, WebSocket.CLOSED]);
  listener.open();
  listener.message("late");
  listener.closed();
  assert.deepEqual(heard, []);
});

Deno.test("SharedSocket says that no line can be opened", async () => {
  const { socket, heard, reject } = setUp();
  reject(new Error("no tab"));
  await settled();
  assert.deepEqual(heard, ["closed undefined no tab"]);
  assert.equal(socket.readyState, WebSocket.CLOSED);
});

Deno.test("ownLine() is a WebSocket of one line, which hears nothing once it is closed", () => {
  const socket = new ScriptedSocket();
  const heard: string[] = [];
  const line = ownLine(socket, {
    open: () => heard.push("open"),
    message: (data) => heard.push(`message ${data}`),
    closed: (code, reason) => heard.push(`closed ${code} ${reason}`),
  });
  socket.open();
  line.send('["CLOSE","x"]');
  socket.say("NOTICE", "hello");
  socket.onmessage?.({ data: new Uint8Array(1) });
  socket.drop(1012, "restart");
  assert.deepEqual(heard, [
    "open",
    'message ["NOTICE","hello"]',
    "message ",
    "closed 1012 restart",
  ]);
  assert.deepEqual(socket.sent, [["CLOSE", "x"]]);
  line.close();
  assert.equal(socket.closes, 1);
  socket.say("NOTICE", "late");
  socket.drop();
  assert.equal(heard.length, 4);
});
