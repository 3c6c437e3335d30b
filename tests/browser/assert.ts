/**
 * What tests use of `node:assert/strict`, for a browser, which has none.
 *
 * @module
 */

import equalValues from "npm:fast-deep-equal@^3.1.3/es6/index.js";

type Expected = RegExp | Error | { readonly [key: string]: unknown } | ((error: never) => unknown);

function ok(value: unknown, message = `${show(value)} should hold`): asserts value {
  if (!value) throw new Error(message);
}

function equal(actual: unknown, expected: unknown, message = ""): void {
  ok(Object.is(actual, expected), `${message} ${show(actual)} should be ${show(expected)}`);
}

function deepEqual(actual: unknown, expected: unknown, message = ""): void {
  const isEqual = equalValues(actual, expected);
  ok(isEqual, `${message} ${show(actual)} should be like ${show(expected)}`);
}

function match(text: string, pattern: RegExp): void {
  ok(pattern.test(text), `${show(text)} should match ${pattern}`);
}

async function rejects(
  action: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected,
): Promise<void> {
  const settled = await (typeof action === "function" ? action() : action).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  ok("error" in settled, "should reject");
  if (expected) checkError(settled.error, expected);
}

function checkError(error: unknown, expected: Expected): void {
  if (typeof expected === "function") ok(expected(error as never), "not the expected error");
  else if (expected instanceof RegExp) match(String(error), expected);
  else {
    const keys = expected instanceof Error ? ["name", "message"] : Object.keys(expected);
    for (const key of keys) {
      deepEqual((error as Record<string, unknown>)[key], (expected as never)[key]);
    }
  }
}

function show(value: unknown): string {
  const plain = (_: string, one: unknown) =>
    one instanceof Map ? { map: [...one] } : one instanceof Set ? { set: [...one] } : one;
  return JSON.stringify(value, plain)?.slice(0, 2_000) ?? String(value);
}

export default Object.assign(ok, { ok, equal, deepEqual, match, rejects });
