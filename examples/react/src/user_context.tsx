/**
 * Who is logged in.
 *
 * @module
 */

import { NSecSigner } from "@nostrify/nostrify";
import type { NostrSigner } from "@nostrify/types";
import { nip19 } from "nostr-tools";
import { createContext, type ReactNode, use, useMemo, useState } from "react";
import { type App, app } from "./outbox.ts";

/** The user, and how they sign. */
export interface User {
  readonly pubkey: string;
  readonly signer: NostrSigner;
}

interface Session extends App {
  readonly user?: User;
  /** Logs in with an nsec; without one, with the browser's extension. */
  readonly logIn: (nsec?: string) => Promise<void>;
  readonly logOut: () => void;
}

const Context = createContext<Session | null>(null);

/** Gives everything below it the session. Suspends until the database is open. */
export function UserProvider({ children }: { readonly children: ReactNode }) {
  const running = use(app);
  const { outbox } = running;
  const [user, setUser] = useState<User>();
  const session = useMemo(() => {
    const change = (next?: User) => {
      // The outbox is not React's: it changes when the user does, and not when React renders.
      outbox.use({ user: next?.pubkey, signer: next?.signer });
      setUser(next);
    };
    return {
      ...running,
      async logIn(nsec?: string) {
        const signer = nsec === undefined ? extension() : new NSecSigner(secretOf(nsec));
        change({ pubkey: await signer.getPublicKey(), signer });
      },
      logOut: () => change(),
    };
  }, [running, outbox]);
  const value = useMemo(() => ({ ...session, user }), [session, user]);
  return <Context value={value}>{children}</Context>;
}

/** The session. */
export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error("Cannot use a session outside of UserProvider");
  return session;
}

/** The browser's extension (NIP-07). */
function extension(): NostrSigner {
  const { nostr } = globalThis as { nostr?: NostrSigner };
  if (!nostr) {
    throw new Error("There is no extension for Nostr in this browser");
  }
  return nostr;
}

function secretOf(nsec: string): Uint8Array {
  const { type, data } = nip19.decode(nsec.trim());
  if (type !== "nsec") throw new Error(`An nsec logs in, not an ${type}`);
  return data;
}
