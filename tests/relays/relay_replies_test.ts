import fc from "fast-check";
import assert from "node:assert/strict";
import {
  failureOf,
  limitsFrom,
  refusalOf,
  retryAfter,
  type SentReq,
} from "../../src/relays/relay_replies.ts";
import { PREFIXES } from "../../testing/faults/refusals.ts";

/** Anything a relay might say. */
const anything = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(
    fc.constantFrom("too many", "filters", "subscriptions", "message too large", ":", "(", ")", "7")
      .map((word) => `${word} `),
    { maxLength: 8 },
  ).map((words) => words.join("")),
);

Deno.test("failureOf() reads the prefixes of NIP-01 and NIP-42", () => {
  const cases: [reason: string, failure: string][] = [
    ["unsupported: filter contains unknown elements", "unsupported"],
    ["error: could not connect to the database", "error"],
    ["error: shutting down idle subscription", "error"],
    ["duplicate: already have this event", "duplicate"],
    ["blocked: you are banned from posting here", "blocked"],
    ["blocked: please register your pubkey at https://my-expensive-relay.example.com", "blocked"],
    ["rate-limited: slow down there chief", "rate-limited"],
    ["invalid: event creation date is too far off from the current time", "invalid"],
    ["pow: difficulty 26 is less than 30", "pow"],
    ["restricted: not allowed to write.", "restricted"],
    ["mute: no one was listening to your ephemeral event", "mute"],
    ["auth-required: we can't serve DMs to unauthenticated users", "auth-required"],
  ];
  for (const [reason, failure] of cases) assert.equal(failureOf(reason), failure);
});

Deno.test("failureOf() ignores the case of a prefix, and white space around it", () => {
  fc.assert(fc.property(
    fc.constantFrom(...PREFIXES).chain((prefix) =>
      fc.tuple(fc.constant(prefix), fc.mixedCase(fc.constant(prefix)))
    ),
    fc.constantFrom("-", "_", " "),
    fc.constantFrom("", " ", "\t"),
    fc.constantFrom("", ":", ": no", " : no"),
    ([prefix, spelled], dash, space, rest) => {
      assert.equal(failureOf(space + spelled.replaceAll("-", dash) + rest), prefix);
    },
  ));
});

Deno.test("failureOf() reads the prefix after the ERROR that strfry puts before everything", () => {
  assert.equal(
    failureOf("ERROR: auth-required: requested filter requires authentication"),
    "auth-required",
  );
  assert.equal(failureOf("ERROR: bad req: arr too big"), "invalid");
  assert.equal(failureOf("ERROR: bad req: error parsing authors: bad hex"), "invalid");
  assert.equal(failureOf("ERROR: too many concurrent REQs"), "error");
  assert.equal(failureOf("error: error: no"), "error");
  assert.equal(failureOf("error: error: slow down"), "rate-limited");
  assert.equal(failureOf("relay.example: blocked: no"), "closed");
});

Deno.test("failureOf() reads unmistakable words without a prefix; all else is `closed`", () => {
  const cases: [reason: string, failure: string][] = [
    ["rate limited", "rate-limited"], // nostream
    ["Rate limit exceeded.", "rate-limited"], // chorus
    ["Rate limit exceeded. Please try again later.", "rate-limited"], // nosflare
    ["error: too fast", "rate-limited"],
    ["slow down please", "rate-limited"],
    ["Authentication required", "auth-required"],
    ["closed: you took too long to respond", "closed"], // netstr
    ["", "closed"], // chorus, where an answer is complete
    ["filter too broad", "closed"],
    ["see https://relay.example for a blocked: list", "closed"],
    ["this is invalid: no", "closed"],
    ["x".repeat(1000) + " rate limit", "closed"],
  ];
  for (const [reason, failure] of cases) assert.equal(failureOf(reason), failure, reason);
});

Deno.test("limitsFrom() understands what relays in use send", () => {
  const sent: SentReq = { filters: 40, subscriptions: 30, bytes: 200_000 };
  const cases: [words: string, limits: object][] = [
    // strfry: CLOSED since 1.1, NOTICE before; subscriptions are refused by NOTICE alone
    ["ERROR: bad req: arr too big", { maxFilters: 20 }],
    ["ERROR: bad req: filter validation failed: invalid number of filters: 40", { maxFilters: 20 }],
    ["ERROR: too many concurrent REQs", { maxSubscriptions: 29 }],
    // nostream, by NOTICE; so spelled
    [
      "Subscription rejected: Too many filters: Number of filters per susbscription must be less then or equal to 10",
      { maxFilters: 10 },
    ],
    [
      "Subscription rejected: Too many subscriptions: Number of subscriptions must be less than or equal to 12",
      { maxSubscriptions: 12 },
    ],
    [
      "Subscription rejected: Limit too high: Filter limit must be less than or equal to 5000",
      { maxLimit: 5000 },
    ],
    // nostr-rs-relay, by NOTICE
    [
      "Subscription error: Maximum concurrent subscription count reached",
      { maxSubscriptions: 29 },
    ],
    ["message too large (200000 > 131072)", { maxMessageLength: 131_072 }],
    // rnostr
    ["invalid: limitation.max_filters 10", { maxFilters: 10 }],
    ["invalid: limitation.max_message_length 65536", { maxMessageLength: 65_536 }],
    ["payload reached size limit.", { maxMessageLength: 100_000 }],
    // chorus
    [
      "blocked: No more than 24 subscriptions are allowed at any one time",
      { maxSubscriptions: 24 },
    ],
    // netstr
    ["invalid: too many filters", { maxFilters: 20 }],
    ["invalid: too many subscriptions", { maxSubscriptions: 29 }],
    ["invalid: message is too large", { maxMessageLength: 100_000 }],
    // the relay builder of rust-nostr, bostr, lnbits, me.untethr
    ["rate-limited: too many REQs", { maxSubscriptions: 29 }],
    ["rate-limited: too many subscriptions.", { maxSubscriptions: 29 }],
    ["Maximum number of filters (10) exceeded.", { maxFilters: 10 }],
    ["Too many subscription filters.", { maxFilters: 20 }],
    // spelled in other ways
    ["Max payload size exceeded", { maxMessageLength: 100_000 }],
    ["max message length is 64 kB", { maxMessageLength: 65_536 }],
    ["message exceeds 1MiB", { maxMessageLength: 100_000 }],
  ];
  for (const [words, limits] of cases) assert.deepEqual(limitsFrom(words, sent), limits, words);
});

Deno.test("limitsFrom() finds no limit in texts about something else", () => {
  const cases = [
    "blocked: too many things to filter for", // khatru: tags and kinds of one filter
    "ERROR: bad req: filter validation failed: too many kinds in filter: 5",
    "ERROR: bad req: too many tags in filter",
    "ERROR: bad req: error parsing ids: total filter items too large",
    "ERROR: bad req: subscription id too long",
    "ERROR: bad close: arr too small/big",
    "ERROR: too many concurrent NEG requests",
    "blocked: subscription ID exceeds max length 64",
    "Subscription ID too long: Subscription ID must be less or equal to 64",
    "invalid: too many event IDs (max 5000)",
    "invalid: event too large: 70000",
    "event exceeded max size",
    "Global event size limit exceeded",
    "rate-limited: slow down there chief",
    "rate-limited: too many requests",
    "error: could not connect to the database",
    "",
  ];
  const sent: SentReq = { filters: 40, subscriptions: 30, bytes: 200_000 };
  for (const words of cases) assert.deepEqual(limitsFrom(words, sent), {}, words);
});

Deno.test("limitsFrom() always gives less than was refused, down to the least that works", () => {
  const about = fc.constantFrom(
    ["too many filters", "filters", "maxFilters", 1] as const,
    ["too many subscriptions", "subscriptions", "maxSubscriptions", 1] as const,
    ["message too large", "bytes", "maxMessageLength", 512] as const,
  );
  const number = fc.oneof(fc.nat(), fc.nat(100).map((n) => n - 50), fc.constantFrom(1e9, 2 ** 53));
  fc.assert(
    fc.property(
      about,
      fc.nat(200_000),
      fc.array(number),
      ([words, what, name, least], had, told) => {
        const limits = limitsFrom(`${words} ${told.join(" of ")}`, { [what]: had });
        const limit = limits[name]!;
        assert.deepEqual(Object.keys(limits), [name]);
        assert.ok(limit === least || (limit > least && limit < had), `${limit}`);
      },
    ),
  );
});

Deno.test("limitsFrom() believes a plausible number and no other", () => {
  const at = (words: string, sent?: SentReq) => limitsFrom(words, sent);
  assert.deepEqual(at("too many filters, at most 10", { filters: 11 }), { maxFilters: 10 });
  assert.deepEqual(at("too many filters, at most 10", { filters: 10 }), { maxFilters: 5 });
  assert.deepEqual(at("too many filters: 12 of 10", { filters: 12 }), { maxFilters: 10 });
  assert.deepEqual(at("too many filters, at most 0", { filters: 8 }), { maxFilters: 4 });
  assert.deepEqual(at("too many filters", { filters: 1 }), { maxFilters: 1 });
  assert.deepEqual(at("too many filters in 3 REQs, at most 10", { filters: 40 }), {
    maxFilters: 10,
  });
  assert.deepEqual(at("too many filters: 20000", { filters: 50_000 }), { maxFilters: 25_000 });
  assert.deepEqual(at("message too large, at most 3", { bytes: 9000 }), { maxMessageLength: 4500 });
  // A number inside an id is none.
  assert.deepEqual(at("too many subscriptions: 7-e1 sub_3 4.5", { subscriptions: 20 }), {
    maxSubscriptions: 19,
  });
});

Deno.test("limitsFrom() uses a number in the text, if any, when it is not known what was sent", () => {
  assert.deepEqual(limitsFrom("too many filters"), {});
  assert.deepEqual(limitsFrom("too many filters, at most 10"), { maxFilters: 10 });
  assert.deepEqual(limitsFrom("message too large (200000 > 131072)"), {
    maxMessageLength: 131_072,
  });
  assert.deepEqual(limitsFrom("invalid number of filters: 30"), {});
  assert.deepEqual(limitsFrom("limit too high: at most 500"), { maxLimit: 500 });
  assert.deepEqual(limitsFrom("limit too high", { filters: 3 }), {});
});

Deno.test("refusalOf() reads a refusal in a NOTICE, and none in a greeting", () => {
  const cases: [notice: string, failure: string | undefined][] = [
    ["ERROR: bad req: unindexed tag filter", "invalid"],
    ["ERROR: bad msg: unparseable message", "invalid"],
    ["ERROR: too many concurrent REQs", "invalid"],
    ["Subscription rejected: Duplicate subscription a: Ignoring", "invalid"],
    ["Subscription error: Maximum concurrent subscription count reached", "invalid"],
    ["could not parse command", "invalid"],
    ["message too large (200000 > 131072)", "invalid"],
    ["rate limited", "rate-limited"],
    ["auth-required: sign in", "auth-required"],
    ["Welcome to relay.example", undefined],
    ["error: could not notify", undefined],
    ["", undefined],
  ];
  for (const [notice, failure] of cases) assert.equal(refusalOf(notice), failure, notice);
});

Deno.test("retryAfter() reads seconds, and other units if they are named", () => {
  const cases: [words: string, ms: number | undefined][] = [
    ["rate-limited: retry in 10 seconds", 10_000],
    ["rate-limited: slow down; retry in 30s", 30_000],
    ["rate-limited: retry after 250 ms", 250],
    ["rate-limited: try again in 1.5 minutes.", 90_000],
    ["Please wait 5", 5000],
    ["RATE-LIMITED: retry_after=2", 2000],
    ["rate-limited: 30 REQs a minute; back off for 7 secs", 7000],
    ["rate-limited: come again in 2 hours", 3_600_000],
    ["rate-limited: retry in 0.0001 s", undefined],
    ["rate-limited: retry in 0 seconds", undefined],
    ["rate-limited: retry after 1.5 ms", 2],
    ["rate-limited: retry in 86400 seconds", 3_600_000],
    ["rate-limited: retry in 86401 seconds", undefined],
    ["rate-limited: slow down there chief", undefined],
    ["rate-limited: at most 10 requests in 60 seconds", undefined],
    ["invalid: created_at must be within 10 minutes", undefined],
    ["", undefined],
  ];
  for (const [words, ms] of cases) assert.equal(retryAfter(words), ms, words);
});

Deno.test("Readers of replies never throw, and bound what they read, whatever a relay sends", () => {
  fc.assert(fc.property(anything, fc.nat(1e6), (words, n) => {
    failureOf(words);
    refusalOf(words);
    const limits = limitsFrom(words, { filters: n, subscriptions: n, bytes: n });
    for (const value of Object.values(limits)) {
      assert.ok(Number.isSafeInteger(value) && Number(value) >= 1);
    }
    const ms = retryAfter(`retry in ${n}${words}`);
    assert.ok(ms === undefined || (Number.isInteger(ms) && ms >= 1 && ms <= 3_600_000));
  }));
  // CLOSED without a reason.
  assert.equal(failureOf(undefined as unknown as string), "closed");
});
