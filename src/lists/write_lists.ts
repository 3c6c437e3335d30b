/**
 * What stores lists, which is loaded when there is something to be stored, changed or decrypted: other
 * reading needs none of it.
 *
 * @module
 */

import { type OnDemand, partOf } from "../base/on_demand.ts";
import type * as WritingPart from "./writing_part.ts";

/** See the module. */
export const writingPart: OnDemand<typeof WritingPart> = partOf(
  "store events or decrypt lists",
  () => import("./writing_part.ts"),
);
