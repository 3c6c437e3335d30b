/**
 * Loads the parts of an outbox that programs load on demand, so that in tests nothing waits for that
 * but the tests of loading.
 *
 * @module
 */

import { loadParts } from "../../src/parts.ts";

await loadParts();
