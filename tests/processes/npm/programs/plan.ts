/**
 * A program that plans without a network.
 *
 * @module
 */

import { planReq } from "@npool/outbox/plan";
import assert from "node:assert/strict";

const alice = "aa".repeat(32);
const write = ["wss://alice.example/"];
const lists = new Map([[alice, { pubkey: alice, created_at: 0, write, read: [] }]]);
const { routes } = planReq([{ kinds: [1], authors: [alice] }], lists);
assert.deepEqual([...routes.keys()], write);
