import type { NostrFilter, NRelay } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RelayHooks } from "../../src/connections/open_relay.ts";
import { RelayLogReader } from "../../src/connections/relay_log_reader.ts";
import { settled } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";

/** A reader with all that it reports. */
function reading() {
  const heard: unknown[] = [];
  const hooks: RelayHooks = {
    onConnecting: () => heard.includes("connecting") || heard.push("connecting"),
    onOpen: () => heard.push("open"),
    onNotice: (text) => heard.push(["NOTICE", text]),
    onChallenge: (text) => heard.push(["AUTH", text]),
    onStray: () => heard.push("stray"),
    onClose: (detail) => heard.push(detail),
  };
  const reader = new RelayLogReader(hooks);
  const { log } = reader;
  const say = (...data: unknown[]) => log({ ns: "relay.ws.message", data });
  return { reader, log, say, heard };
}

/** A relay like NRelay1: it logs its REQs, and ends them in silence when it is told to. */
function relayLike(log: RelayLogReader["log"]) {
  const ends: (() => void)[] = [];
  let ids = 0;
  const relay = {
    async *req(filters: NostrFilter[]) {
      const id = `id${++ids}`;
      log({ ns: "relay.ws.send", data: ["REQ", id, ...filters] });
      yield ["EOSE", id];
      await new Promise<void>((resolve) => ends.push(resolve));
    },
  } as unknown as NRelay;
  return { relay, ends };
}

/** Reads a request to its end. */
async function all(relay: Pick<NRelay, "req">): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of relay.req([{}])) messages.push(message);
  return messages;
}

Deno.test("RelayLogReader yields the CLOSED that NRelay1 hides, to the very request that it ended", async () => {
  const { reader, log, say, heard } = reading();
  const { relay, ends } = relayLike(log);
  const read = reader.read(relay);
  const requests = [all(read), all(read), all(read)];
  await settled();
  say("CLOSED", "id2", "rate-limited: slow down");
  say("CLOSED", "id3", "");
  for (const end of ends) end();
  assert.deepEqual(await Promise.all(requests), [
    [["EOSE", "id1"]],
    [["EOSE", "id2"], ["CLOSED", "id2", "rate-limited: slow down"]],
    [["EOSE", "id3"], ["CLOSED", "id3", ""]],
  ]);
  assert.deepEqual(heard, ["connecting"]);
  say("EVENT", "id2", note());
  assert.deepEqual(heard, ["connecting", "stray"], "the request is over");
});

Deno.test("RelayLogReader calls the hooks with what the log says", async () => {
  const { reader, log, say, heard } = reading();
  const { relay } = relayLike(log);
  const messages = reader.read(relay).req([{}])[Symbol.asyncIterator]();
  log({ ns: "relay.ws.state", state: "open" });
  await messages.next();
  say("EVENT", "id1", note());
  say("EOSE", "id1");
  say("OK", "e", true, "");
  say("NOTICE", "hello");
  say("EVENT", "nobody", note());
  say("AUTH", "challenge");
  log({ ns: "relay.ws.message" });
  log({ ns: "relay.ws.error" });
  log({ ns: "relay.ws.state", state: "close" });
  assert.deepEqual(heard, [
    "connecting",
    "open",
    ["NOTICE", "hello"],
    "stray",
    "stray",
    "stray",
    "closed",
  ]);
});

Deno.test("RelayLogReader takes no logged REQ for another request's", async () => {
  const { reader, log, say } = reading();
  const { relay, ends } = relayLike(() => {});
  log({ ns: "relay.ws.send", data: ["REQ", "other", {}] });
  const request = all(reader.read(relay));
  await settled();
  say("CLOSED", "other", "error: no");
  ends[0]();
  assert.deepEqual(await request, [["EOSE", "id1"]]);
});

Deno.test("RelayLogReader reads relays that log nothing as they are", async () => {
  const { reader, heard } = reading();
  const { relay, ends } = relayLike(() => {});
  const request = all(reader.read(relay));
  await settled();
  ends[0]();
  assert.deepEqual(await request, [["EOSE", "id1"]]);
  const failing = { req: () => assert.fail("no") } as unknown as NRelay;
  await assert.rejects(all(reader.read(failing)), /no/);
  assert.deepEqual(heard, []);
});
