import fc from "fast-check";
import assert from "node:assert/strict";
import { type Line, SocketHub } from "../../src/tabs/socket_hub.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";

const URL = "wss://relay.example/";

/** A hub, its WebSockets, and lines that note what they hear. */
function setUp() {
  const sockets: ScriptedSocket[] = [];
  const hub = new SocketHub(() => {
    const socket = new ScriptedSocket();
    sockets.push(socket);
    return socket;
  });
  const open = (url = URL) => {
    const heard: string[] = [];
    const line = hub.open(url, {
      open: () => heard.push("open"),
      message: (data) => heard.push(data),
      closed: (code, reason) => heard.push(`closed ${code} ${reason}`),
    });
    return { heard, line };
  };
  return { hub, sockets, open };
}

const say = (line: Line, ...message: unknown[]) => line.send(JSON.stringify(message));

Deno.test("SocketHub has one WebSocket for all lines to a relay, and closes it with the last", async () => {
  const { hub, sockets, open } = setUp();
  const [one, two] = [open(), open()];
  assert.equal(sockets.length, 1);
  sockets[0].open();
  const three = open();
  await Promise.resolve();
  for (const { heard } of [one, two, three]) assert.deepEqual(heard, ["open"]);
  open("wss://other.example/");
  assert.equal(hub.size, 2);
  one.line.close();
  two.line.close();
  assert.equal(sockets[0].closes, 0);
  three.line.close();
  assert.equal(sockets[0].closes, 1);
  assert.equal(hub.size, 1);
});

Deno.test("SocketHub keeps the subscriptions of lines apart, whatever their ids", () => {
  const { open, sockets } = setUp();
  const [one, two] = [open(), open()];
  const [socket] = sockets;
  say(one.line, "REQ", "1", { kinds: [1] });
  socket.open();
  say(two.line, "REQ", "1", { kinds: [7] });
  const [[, first], [, second]] = socket.sent as [string, string][];
  assert.deepEqual(socket.sent.map(([verb, , filter]) => [verb, filter]), [
    ["REQ", { kinds: [1] }],
    ["REQ", { kinds: [7] }],
  ]);
  assert.notEqual(first, second);
  socket.say("EVENT", first, { id: "x", content: '["EVENT","9:1"]' });
  socket.say("EOSE", second, "finish");
  socket.onmessage?.({
    data: ` [ "CLOSED" , "${first}" , "error: \\"no\\"" ]`,
  });
  assert.deepEqual(one.heard.slice(1), [
    '["EVENT","1",{"id":"x","content":"[\\"EVENT\\",\\"9:1\\"]"}]',
    '["CLOSED","1","error: \\"no\\""]',
  ]);
  assert.deepEqual(two.heard.slice(1), ['["EOSE","1","finish"]']);
  say(one.line, "CLOSE", "1");
  assert.equal(socket.sent.length, 2, "nothing is left to close");
  two.line.close();
  assert.deepEqual(socket.sent.at(-1), ["CLOSE", second]);
});

Deno.test("SocketHub hands on to all lines what concerns no subscription", () => {
  const { sockets, open } = setUp();
  const lines = [open(), open()];
  sockets[0].open();
  say(lines[0].line, "EVENT", { id: "x" });
  assert.deepEqual(sockets[0].sent, [["EVENT", { id: "x" }]]);
  const messages = [
    '["OK","x",true,""]',
    '["NOTICE","slow down"]',
    '["EOSE","77:1"]',
    "junk",
  ];
  for (const data of messages) sockets[0].onmessage?.({ data });
  for (const { heard } of lines) assert.deepEqual(heard.slice(1), messages);
});

Deno.test("SocketHub hands a NOTICE to the line with the last REQ that has brought nothing, or else to all", () => {
  const { open, sockets } = setUp();
  const lines = [open(), open(), open()];
  const [socket] = sockets;
  socket.open();
  for (const { line } of lines) say(line, "REQ", "a", { kinds: [1] });
  const [first, second, third] = (socket.sent as [string, string][]).map(([, id]) => id);
  const heardBy = () => {
    for (const { heard } of lines) heard.length = 0;
    socket.say("NOTICE", "too many subscriptions");
    return lines.map(({ heard }) => heard.length);
  };
  assert.deepEqual(heardBy(), [0, 0, 1]);
  socket.say("EVENT", third, { id: "x" });
  assert.deepEqual(heardBy(), [0, 1, 0]);
  socket.say("EOSE", second);
  assert.deepEqual(heardBy(), [1, 0, 0]);
  socket.say("CLOSED", first, "error: bad filter");
  assert.deepEqual(heardBy(), [1, 1, 1]);
  for (const id of ["b", "c"]) say(lines[0].line, "REQ", id, {});
  say(lines[1].line, "REQ", "b", {});
  say(lines[1].line, "CLOSE", "b");
  assert.deepEqual(heardBy(), [1, 0, 0]);
});

Deno.test("SocketHub never signs in on a WebSocket that is shared", () => {
  const { sockets, open } = setUp();
  const { line } = open();
  sockets[0].open();
  say(line, "AUTH", { kind: 22242 });
  line.send("junk");
  assert.deepEqual(sockets[0].sent, []);
});

Deno.test("SocketHub opens another WebSocket where one has 18 subscriptions", () => {
  const { sockets, open } = setUp();
  const { line, heard } = open();
  sockets[0].open();
  for (let id = 1; id <= 18; id++) say(line, "REQ", `${id}`, {});
  assert.equal(sockets.length, 1);
  say(line, "REQ", "19", { kinds: [19] });
  assert.equal(sockets.length, 2);
  assert.deepEqual(sockets[1].sent, []);
  sockets[1].open();
  const [[, wireId]] = sockets[1].sent as [string, string][];
  sockets[1].say("EOSE", wireId);
  assert.deepEqual(heard, ["open", '["EOSE","19"]']);
  // Without one of them the line has a gap: it ends as a whole, and with it both.
  sockets[1].onclose?.({ code: 1006 });
  assert.deepEqual(heard.at(-1), "closed 1006 undefined");
  assert.equal(sockets[0].closes, 1);
});

Deno.test("SocketHub has room again for each subscription that is over, however it ended", () => {
  const { sockets, open } = setUp();
  const { line } = open();
  sockets[0].open();
  const wireId = () => `${sockets[0].sent.at(-1)![1]}`;
  for (let id = 1; id <= 60; id++) {
    say(line, id % 3 === 0 ? "COUNT" : "REQ", `${id}`, {});
    if (id % 3 === 0) sockets[0].say("COUNT", wireId(), { count: 1 });
    else if (id % 3 === 1) sockets[0].say("CLOSED", wireId(), "error: no");
    else say(line, "CLOSE", `${id}`);
  }
  assert.equal(sockets.length, 1);
  for (let id = 1; id <= 18; id++) say(line, "REQ", `again ${id}`, {});
  // One that changes its filters keeps its place.
  say(line, "REQ", "again 1", { kinds: [1] });
  assert.equal(sockets.length, 1);
  assert.deepEqual(sockets[0].sent.at(-1)![2], { kinds: [1] });
});

Deno.test("SocketHub lets a line that was closed go from all its WebSockets, for good", () => {
  const { sockets, open } = setUp();
  const [one, two] = [open(), open()];
  sockets[0].open();
  for (let id = 1; id <= 20; id++) say(one.line, "REQ", `${id}`, {});
  sockets[1].open();
  one.line.close();
  assert.deepEqual([sockets[0].closes, sockets[1].closes], [0, 1]);
  const sent = sockets[0].sent.length;
  say(one.line, "REQ", "late", {});
  one.line.close();
  sockets[0].say("NOTICE", "to whom it may concern");
  assert.deepEqual([sockets.length, sockets[0].sent.length], [2, sent]);
  assert.deepEqual([one.heard, two.heard.length], [["open"], 2]);
});

Deno.test("SocketHub ends every line of a relay that hangs up, and no other", () => {
  const { hub, sockets, open } = setUp();
  const [one, two, other] = [open(), open(), open("wss://other.example/")];
  sockets[0].onclose?.({ code: 1012, reason: "restart" });
  for (const { heard } of [one, two]) {
    assert.deepEqual(heard, ["closed 1012 restart"]);
  }
  assert.deepEqual(other.heard, []);
  open();
  assert.equal(sockets.length, 3, "the next line has a new WebSocket");
  hub.close();
  assert.match(other.heard[0], /the tab that had the connection ends/);
  assert.equal(hub.size, 0);
});

Deno.test("SocketHub gives each line what it would hear on a WebSocket of its own", () => {
  const step = fc.record({
    line: fc.nat(3),
    id: fc.constantFrom("1", "2", "a:b", '"', "é"),
    verb: fc.constantFrom(
      "REQ",
      "REQ",
      "EVENT",
      "EOSE",
      "CLOSED",
      "CLOSE",
      "COUNT",
    ),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const { sockets, open } = setUp();
    const lines = [open(), open(), open(), open()];
    sockets[0].open();
    const expected = lines.map(() => ["open"]);
    /** The id on the wire of each open subscription. */
    const wireIds = lines.map(() => new Map<string, string>());
    for (const { line, id, verb } of steps) {
      const wireId = wireIds[line].get(id);
      if (verb === "REQ" || verb === "COUNT") {
        say(lines[line].line, verb, id, {});
        wireIds[line].set(id, `${sockets[0].sent.at(-1)![1]}`);
      } else if (verb === "CLOSE") {
        say(lines[line].line, verb, id);
        wireIds[line].delete(id);
      } else if (wireId !== undefined) {
        sockets[0].say(verb, wireId, { id: "x" });
        expected[line].push(JSON.stringify([verb, id, { id: "x" }]));
        if (verb === "CLOSED") wireIds[line].delete(id);
      }
    }
    if (sockets.length > 1) return;
    assert.deepEqual(lines.map(({ heard }) => heard), expected);
  }));
});
