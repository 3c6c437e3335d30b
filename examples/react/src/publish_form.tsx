/**
 * Publishes a post, and shows how far it is at each relay.
 *
 * @module
 */

import type { Publication } from "@npool/outbox";
import { useEffect, useState } from "react";
import { useSession } from "./user_context.tsx";

/** A text, a button, and the ledger of what was published. */
export function PublishForm() {
  const { outbox, user } = useSession();
  const [text, setText] = useState("");
  const [published, setPublished] = useState<readonly Publication[]>([]);
  const [error, setError] = useState("");

  useEffect(() => {
    let isGone = false;
    outbox.publications().then((all) => {
      if (!isGone) {
        setPublished(all.filter(({ event }) => event.pubkey === user?.pubkey));
      }
    });
    return () => {
      isGone = true;
    };
  }, [outbox, user]);

  const publish = async () => {
    try {
      const created_at = Math.floor(Date.now() / 1000);
      const template = { kind: 1, content: text, tags: [], created_at };
      const publication = await outbox.publish(
        await user!.signer.signEvent(template),
      );
      // It is written down: from here on it survives a closed tab.
      setPublished((before) => [publication, ...before]);
      setText("");
      setError("");
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };

  return (
    <form action={publish}>
      <textarea
        aria-label="Post"
        rows={3}
        value={text}
        onChange={(change) => setText(change.target.value)}
      />
      <button type="submit" disabled={text.trim() === ""}>Publish</button>
      {error && <p role="alert">{error}</p>}
      <ul className="ledger" aria-label="Published">
        {published.map((one) => <Published key={one.event.id} publication={one} />)}
      </ul>
    </form>
  );
}

/** One publication, and its state at each relay, which changes as relays answer. */
function Published({ publication }: { readonly publication: Publication }) {
  const [targets, setTargets] = useState(publication.targets);
  useEffect(() => {
    const stop = new AbortController();
    const watch = async () => {
      for await (
        const targets of publication.changes({ signal: stop.signal })
      ) {
        setTargets([...targets]);
      }
    };
    void watch();
    return () => stop.abort();
  }, [publication]);
  return (
    <li>
      <q>{publication.event.content}</q>
      {targets.map(({ relay, state }) => (
        <span key={relay} className={`target ${state}`}>
          {new URL(relay).host}: {state}
        </span>
      ))}
    </li>
  );
}
