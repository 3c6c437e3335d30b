/**
 * Draws the app.
 *
 * @module
 */

import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./style.css";
import { UserProvider } from "./user_context.tsx";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Suspense fallback={<p>Opening the database…</p>}>
      <UserProvider>
        <App />
      </UserProvider>
    </Suspense>
  </StrictMode>,
);
