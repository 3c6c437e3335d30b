/**
 * @snort/system: `OutboxModel.forRequest`.
 *
 * Its relay cache is answered from prepared entries in its own form. It sorts each
 * author's relays by dice, which settles ties. It wants two relays per author and
 * knows no cap on relays.
 *
 * The package's modules import one another without file endings, which bundlers
 * accept and Node and Deno do not; a resolve hook supplies them.
 *
 * @module
 */

import { statSync } from "node:fs";
import { registerHooks } from "node:module";
import { createRandom } from "../../testing/random.ts";
import { type Planner, push } from "./planner.ts";

/** Loads the package. */
export async function loadSnort(): Promise<Planner> {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const inside = context.parentURL?.includes("/@snort/");
      if (!inside || !specifier.startsWith(".") || isFile(resolved.url)) {
        return resolved;
      }
      const stem = resolved.url.replace(/\/$/, "");
      const url = [`${stem}.js`, `${stem}/index.js`].find(isFile);
      return url ? { ...resolved, url } : resolved;
    },
  });
  const { OutboxModel } = await import("npm:@snort/system@2.1.9");
  type Lists = ConstructorParameters<typeof OutboxModel>[0];
  type Fetcher = ConstructorParameters<typeof OutboxModel>[1];
  return {
    name: "@snort/system 2.1.9",
    prepare({ filter, lists, relaysPerAuthor }) {
      const entries = new Map(
        [...lists.values()].map(({ pubkey, write, created_at }) => [pubkey, {
          pubkey,
          created: created_at,
          loaded: 0,
          relays: write.map((url) => ({
            url,
            settings: { read: true, write: true },
          })),
        }]),
      );
      const cache = { getFromCache: (pubkey: string) => entries.get(pubkey) };
      const model = new OutboxModel(cache as unknown as Lists, {} as Fetcher);
      const run = () => model.forRequest({ ...filter }, relaysPerAuthor);
      return {
        run,
        asked() {
          // The same dice each time; how often a sort throws them is up to the engine.
          Math.random = createRandom(1);
          const asked = new Map<string, string[]>();
          for (const { relays = [], authors = [] } of run()) {
            for (const url of relays) push(asked, url, ...authors);
          }
          return asked;
        },
      };
    },
  };
}

function isFile(url: string): boolean {
  return url.startsWith("file:") &&
    statSync(new URL(url), { throwIfNoEntry: false })?.isFile() === true;
}
