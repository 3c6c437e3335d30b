import fc from "fast-check";
import assert from "node:assert/strict";
import { limitsOfInfo } from "../../src/relays/relay_info.ts";

Deno.test("NIP-11: limitsOfInfo() reads the limitation of a relay's description", () => {
  // nostr.wine and nostr.land, as the NIP shows them.
  assert.deepEqual(
    limitsOfInfo({
      name: "nostr.wine",
      supported_nips: [1, 2, 4, 9, 11],
      limitation: {
        auth_required: false,
        created_at_lower_limit: 94_608_000,
        max_event_tags: 4000,
        max_limit: 1000,
        max_message_length: 524_288,
        max_subid_length: 71,
        max_subscriptions: 50,
        min_pow_difficulty: 0,
        payment_required: true,
        restricted_writes: true,
      },
    }),
    {
      authRequired: false,
      cutAt: 1000,
      maxLimit: 1000,
      maxMessageLength: 524_288,
      maxSubscriptions: 50,
      paymentRequired: true,
    },
  );
  assert.deepEqual(
    limitsOfInfo({
      limitation: { payment_required: true, max_message_length: 65_535, max_subscriptions: 200 },
    }),
    { maxMessageLength: 65_535, maxSubscriptions: 200, paymentRequired: true },
  );
  // nostream and rnostr say this too.
  assert.deepEqual(limitsOfInfo({ limitation: { max_filters: 10 } }), { maxFilters: 10 });
});

Deno.test("NIP-11: limitsOfInfo() expects answers to be cut at default_limit, and never above max_limit", () => {
  const cutAt = (limitation: object) => limitsOfInfo({ limitation }).cutAt;
  assert.equal(cutAt({ default_limit: 500, max_limit: 5000 }), 500);
  assert.equal(cutAt({ default_limit: 5000, max_limit: 500 }), 500);
  assert.equal(cutAt({ max_limit: 300 }), 300);
  assert.equal(cutAt({ default_limit: 300 }), 300);
  assert.equal(cutAt({ default_limit: 0, max_limit: 300 }), 300);
  assert.equal(cutAt({ default_limit: 300, max_limit: -1 }), 300);
  assert.equal(cutAt({}), undefined);
  assert.equal(limitsOfInfo({ limitation: { default_limit: 500 } }).maxLimit, undefined);
});

Deno.test("limitsOfInfo() takes numbers at the ends of their range and none beyond", () => {
  const ranges: [key: string, name: string, least: number, most: number][] = [
    ["max_filters", "maxFilters", 1, 10_000],
    ["max_subscriptions", "maxSubscriptions", 1, 100_000],
    ["max_message_length", "maxMessageLength", 512, 100_000_000],
    ["max_limit", "maxLimit", 1, 1_000_000],
    ["default_limit", "cutAt", 1, 1_000_000],
  ];
  for (const [key, name, least, most] of ranges) {
    const at = (value: unknown) => limitsOfInfo({ limitation: { [key]: value } });
    for (const value of [least, most]) assert.equal(at(value)[name as "cutAt"], value);
    for (const value of [least - 1, most + 1, 0, -1, 600.5, "600", null, [600], 1e99, NaN, true]) {
      assert.deepEqual(at(value), {});
    }
  }
});

Deno.test("limitsOfInfo() takes true and false, and nothing that looks like them", () => {
  for (const value of ["true", 1, 0, null, "", {}, []]) {
    assert.deepEqual(
      limitsOfInfo({ limitation: { auth_required: value, payment_required: value } }),
      {},
    );
  }
});

Deno.test("limitsOfInfo() finds nothing in junk", () => {
  for (const junk of [undefined, null, 7, "x", [], [1], { limitation: null }, { limitation: 3 }]) {
    assert.deepEqual(limitsOfInfo(junk), {});
  }
  const NAMES = ["max_limit", "default_limit", "max_filters", "auth_required", "__proto__"];
  const limitation = fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue());
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.record({ limitation })), (document) => {
    for (const [name, value] of Object.entries(limitsOfInfo(document))) {
      if (name.endsWith("Required")) assert.equal(typeof value, "boolean");
      else assert.ok(Number.isSafeInteger(value) && value >= 1);
    }
  }));
});
