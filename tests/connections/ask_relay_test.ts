import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { askRelay, type AskResult } from "../../src/connections/ask_relay.ts";
import { found, holding, RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";
import { note, notes } from "../support/notes.ts";

/** One question at a scripted relay, and what comes of it. */
class Question {
  readonly network: ScriptedNetwork;
  readonly events: NostrEvent[] = [];
  readonly controller = new CountedController();
  asked?: Pick<AskResult, "answered" | "complete">;
  result?: AskResult;

  constructor(script: Script, cutAt?: number) {
    this.network = new ScriptedNetwork(script);
    const { clock, fake } = this.network;
    if (cutAt) fake.learnLimits(RELAY, { cutAt });
    const options = { clock, memory: fake.memory, random: () => 0.5, maxPages: 20, rank: 0 };
    askRelay(this.network.link(), [{ kinds: [1], since: 1 }], options, {
      onEvent: (event) => this.events.push(event),
      signal: this.controller.signal,
      timeout: 15_000,
    }).then((result) => {
      const { answered, complete } = this.result = result;
      this.asked = { answered, complete };
    });
  }
}

Deno.test("askRelay() resolves with the relay's whole answer, page by page, and requests nothing more", async () => {
  const all = notes(95);
  const { network, events, asked, controller } = await answered(holding(all, 10), 10);
  assert.deepEqual(asked, { answered: true, complete: true });
  assert.deepEqual(new Set(events.map(({ id }) => id)), new Set(all.map(({ id }) => id)));
  assert.equal(network.live.length, 0);
  assert.equal(controller.listeners, 0);
  assert.equal(network.clock.pending, 1, "until the connection is closed that nobody uses");
  await network.clock.advance(60_000);
  assert.equal(network.clock.pending, 0);
  assert.ok(network.last.isClosed);
});

Deno.test("askRelay() keeps no REQ open, so that a relay that takes only one at once answers all pages", async () => {
  const all = notes(35);
  const script: Script = {
    onReq: (req, relay) => {
      if (relay.live.length > 1) req.closed("error: too many subscriptions");
      else req.send(...found(all, req.filters, 10)).eose();
    },
  };
  const { asked } = await answered(script, 10);
  assert.deepEqual(asked, { answered: true, complete: true });
});

Deno.test("askRelay() calls an answer incomplete if the relay refused a part", async () => {
  const script: Script = {
    onReq: (req) =>
      req.filters[0].until ? req.closed("blocked: no") : req.send(...notes(10)).eose(),
  };
  const { asked } = await answered(script, 10);
  assert.deepEqual(asked, { answered: true, complete: false });
});

Deno.test("askRelay() reports a relay that fails as one that did not answer, whatever the failure", async () => {
  const scripts: Script[] = [
    { connect: "refuse" },
    { connect: "throw" },
    { onReq: (req) => req.closed("blocked: no") },
    { onReq: (_, relay) => relay.cut() },
    {},
    { connect: "wait" },
    { onReq: (req) => req.send(note()) },
  ];
  for (const script of scripts) {
    const question = new Question(script);
    await question.network.clock.advance(15_000);
    assert.deepEqual(question.asked, { answered: false, complete: false });
    assert.equal(question.network.live.length, 0);
    await question.network.clock.advance(30_000);
    assert.equal(question.network.clock.pending, 0);
  }
});

Deno.test("askRelay() ends when its time is up, with the events so far, and passes on no more", async () => {
  const question = new Question({ onReq: (req) => req.send(note()) });
  const { network } = question;
  await network.clock.advance(100);
  const drip = network.live[0];
  for (let second = 0; second < 14; second++) {
    await network.clock.advance(1_000);
    if (question.asked) break;
    drip.send(note());
  }
  await network.clock.advance(1_000);
  assert.deepEqual(question.asked, { answered: false, complete: false });
  const { length } = question.events;
  assert.ok(length > 0);
  drip.send(note());
  await settled();
  assert.equal(question.events.length, length);
});

Deno.test("askRelay() ends with its signal, also if that is aborted already", async () => {
  const question = new Question({});
  await settled();
  question.controller.abort();
  await settled();
  assert.deepEqual(question.asked, { answered: false, complete: false });
  assert.equal(question.network.live.length, 0);
  const { clock, fake } = question.network;
  const options = { clock, memory: fake.memory, random: () => 0.5, maxPages: 20, rank: 0 };
  const network = new ScriptedNetwork();
  const asked = await askRelay(network.link(), [{ since: 1 }], options, {
    onEvent: () => {},
    signal: question.controller.signal,
    timeout: 1,
  });
  assert.deepEqual(asked, { answered: false, complete: false });
  assert.equal(network.relays.length, 0);
});

async function answered(script: Script, cutAt?: number): Promise<Question> {
  const question = new Question(script, cutAt);
  await question.network.clock.advance(1_000);
  return question;
}

Deno.test("askRelay() says what the answer to each filter proves, and what went wrong", async () => {
  const { result } = await answered({ onReq: (req) => req.send(...notes(3)).eose("finish") });
  assert.deepEqual([...result!.proofs!], [[{ kinds: [1], since: 1 }, "finish"]]);
  assert.equal(result!.error, undefined);
  const refused = await answered({ onReq: (req) => req.closed("auth-required: sign in") });
  assert.equal(refused.result!.proofs?.size ?? 0, 0);
  assert.equal(refused.result!.error!.reason, "auth-required");
});
