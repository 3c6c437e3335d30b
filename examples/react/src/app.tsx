/**
 * The app: logged in or not, a feed, a form.
 *
 * @module
 */

import { nip19 } from "nostr-tools";
import { useState } from "react";
import { PublishForm } from "./publish_form.tsx";
import { useFeed } from "./use_feed.ts";
import { useSession } from "./user_context.tsx";

/** Everything that is seen. */
export function App() {
  const { user, logOut } = useSession();
  if (!user) return <LogIn />;
  return (
    <main>
      <header>
        <h1>Home</h1>
        <span className="who">
          {nip19.npubEncode(user.pubkey).slice(0, 16)}…
        </span>
        <button type="button" onClick={logOut}>Log out</button>
      </header>
      <PublishForm key={`publish ${user.pubkey}`} />
      <FeedList key={user.pubkey} pubkey={user.pubkey} />
    </main>
  );
}

function LogIn() {
  const { logIn } = useSession();
  const [nsec, setNsec] = useState("");
  const [error, setError] = useState("");
  const enter = async (key?: string) => {
    try {
      await logIn(key);
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <main className="login">
      <h1>Outbox and React</h1>
      <form action={() => enter(nsec)}>
        <input
          aria-label="Secret key"
          type="password"
          placeholder="nsec1…"
          value={nsec}
          onChange={(change) => setNsec(change.target.value)}
        />
        <button type="submit">Log in</button>
        <button type="button" onClick={() => enter()}>Use an extension</button>
      </form>
      {error && <p role="alert">{error}</p>}
    </main>
  );
}

function FeedList({ pubkey }: { readonly pubkey: string }) {
  const { posts, isComplete, behind, more } = useFeed(pubkey);
  return (
    <section aria-label="Feed">
      {posts.map((post) => (
        <article key={post.id}>
          <header>
            <b>{nip19.npubEncode(post.pubkey).slice(0, 12)}…</b>
            <time>{new Date(post.created_at * 1000).toLocaleString()}</time>
          </header>
          <p>{post.content}</p>
        </article>
      ))}
      {behind > 0 && <p className="note">{behind} people may have more posts.</p>}
      {isComplete
        ? <p className="note">That is all.</p>
        : (
          <button type="button" disabled={!more} onClick={more}>
            {more ? "More" : "Reading…"}
          </button>
        )}
    </section>
  );
}
