/**
 * Options that planners and routers refuse.
 *
 * @module
 */

/** Wrong options, the class of the error, and what its message says. */
export const WRONG_OPTIONS: readonly (readonly [
  options: object,
  type: typeof RangeError | typeof TypeError,
  message: RegExp,
])[] = [
  [{ maxRelays: 0 }, RangeError, /"maxRelays".* must be an integer >= 1, got 0$/],
  [{ maxRelays: 2.5 }, RangeError, /"maxRelays".* got 2.5$/],
  [{ maxRelays: Infinity }, RangeError, /"maxRelays".* got Infinity$/],
  [{ maxRelays: "20" }, RangeError, /"maxRelays".* got "20"$/],
  [{ relaysPerAuthor: 0 }, RangeError, /"relaysPerAuthor".* >= 1, got 0$/],
  [{ authorsPerFilter: 0 }, RangeError, /"authorsPerFilter".* >= 1, got 0$/],
  [{ maxFiltersPerRelay: 0 }, RangeError, /"maxFiltersPerRelay".* >= 1, got 0$/],
  [{ maxInboxes: -1 }, RangeError, /"maxInboxes".* >= 0, got -1$/],
  [{ maxInboxes: NaN }, RangeError, /"maxInboxes".* got NaN$/],
  [{ fallbackRelays: "wss://a.example" }, TypeError, /"fallbackRelays".* must be an array, got/],
  [{ fallbackRelays: ["a.example"] }, TypeError, /"a.example" is refused \(no-scheme\)$/],
  [
    { fallbackRelays: ["ws://a.example"] },
    TypeError,
    /is refused \(insecure\): policy.allowInsecure would allow it$/,
  ],
  [
    { indexerRelays: ["wss://127.0.0.1"] },
    TypeError,
    /"indexerRelays".* refused \(local\): policy.allowLocal would allow it$/,
  ],
  [{ indexerRelays: [7] }, TypeError, /"indexerRelays".* 7 is refused \(not-a-string\)$/],
  [{ policy: null }, TypeError, /"policy".* must be an object, got null$/],
  [{ policy: "open" }, TypeError, /"policy".* must be an object, got "open"$/],
  [{ policy: { allowLocal: 1 } }, TypeError, /"policy.allowLocal".* must be a boolean, got 1$/],
  [{ policy: { allow: true } }, TypeError, /"policy.allow".* must be a function, got true$/],
  [{ fallbackRelay: [] }, TypeError, /"fallbackRelay": .* the nearest is "fallbackRelays"$/],
  [{ maxRelay: undefined }, TypeError, /"maxRelay": .* the nearest is "maxRelays"$/],
  [{ policy: { alowLocal: true } }, TypeError, /"policy.alowLocal": .* "policy.allowLocal"$/],
  [{ weight: 1 }, TypeError, /"weight".* must be a function, got 1$/],
];
