import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const src = (path) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    // An app of your own needs none of this: it has the package `@npool/outbox`.
    alias: [
      { find: /^@npool\/outbox$/, replacement: src("mod.ts") },
      {
        find: /^@npool\/outbox\/indexeddb$/,
        replacement: src("db/indexeddb.ts"),
      },
      { find: /^@npool\/outbox\/tabs$/, replacement: src("tabs/tabs.ts") },
    ],
    dedupe: ["@nostrify/nostrify", "idb", "lru-cache", "nostr-tools", "nostr-wasm"],
  },
});
