import assert from "node:assert/strict";
import {
  checkFunction,
  checkNames,
  integer,
  pickOptions,
  show,
} from "../../src/base/check_option.ts";

Deno.test("show() quotes text, and says of an object no more than that it is one", () => {
  const shown: [value: unknown, text: string][] = [
    ["5", '"5"'],
    [5, "5"],
    [NaN, "NaN"],
    [null, "null"],
    [undefined, "undefined"],
    [[5], "a value of type object"],
    [JSON.parse('{"toString":1}'), "a value of type object"],
    [() => 5, "a value of type function"],
  ];
  for (const [value, text] of shown) assert.equal(show(value), text);
  assert.equal(show("x".repeat(1_000_000)).length, 202);
});

Deno.test("integer() gives the default if nothing is set, and only then", () => {
  assert.equal(integer("n", undefined, 7, 1), 7);
  assert.equal(integer("n", 1, 7, 1), 1);
  assert.equal(integer("n", 0, 7, 0), 0);
});

Deno.test("checkFunction() accepts a function or nothing, and refuses any other value", () => {
  checkFunction("f", undefined);
  checkFunction("f", () => {});
  assert.throws(() => checkFunction("f", null), { name: "TypeError", message: /got null/ });
});

Deno.test("checkNames() refuses a name that does not exist, and names the nearest", () => {
  const names = { maxRelays: true, timeout: true };
  checkNames({}, names);
  checkNames({ timeout: undefined, maxRelays: 1 }, names);
  for (
    const [options, message] of [
      [
        { maxRelay: 1 },
        'option "maxRelay": there is no option of that name; the nearest is "maxRelays"',
      ],
      [{ timeout: 1, Timeout: 1 }, 'option "Timeout": .*; the nearest is "timeout"'],
      [{ timeOut: undefined }, 'option "timeOut": .*; the nearest is "timeout"'],
      [{ toString: 1 }, 'option "toString": there is no option of that name; '],
      [{ ["x".repeat(1_000_000)]: 1 }, `option "${"x".repeat(200)}": there is no option`],
    ] as const
  ) {
    assert.throws(() => checkNames(options, names), {
      name: "TypeError",
      message: new RegExp(`^Cannot use ${message}`),
    });
  }
  assert.throws(() => checkNames({ alowLocal: true }, { allowLocal: true }, "policy."), {
    message: 'Cannot use option "policy.alowLocal": there is no option of that name; ' +
      'the nearest is "policy.allowLocal"',
  });
});

Deno.test("pickOptions() takes the options of some names alone, inherited ones too", () => {
  const options = Object.assign(Object.create({ a: 1 }), { b: 2, c: 3 });
  assert.deepEqual(pickOptions(options, { a: true, b: true }), { a: 1, b: 2 });
});
