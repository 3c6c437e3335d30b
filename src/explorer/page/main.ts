/**
 * The page's script, which runs in the page and, to plan, in a worker.
 *
 * @module
 */
import { serveInWorker } from "./plan_worker.ts";
import { showPage } from "./show_page.ts";

if (typeof document === "undefined") serveInWorker();
else showPage();
