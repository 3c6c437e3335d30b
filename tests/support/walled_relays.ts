/**
 * Scripted relays that want a sign-in (NIP-42), and a signer that counts what it signs.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { UserSigner } from "../../src/lists/user_lists.ts";
import { found } from "../../testing/scripted_network.ts";
import type { Script, ScriptedRelay } from "../../testing/scripted_relay.ts";
import type { Signer } from "../../testing/signer.ts";

/** How a relay behaves. */
export interface Wall {
  /** What it holds. */
  readonly events?: readonly NostrEvent[];
  /** Which REQs it refuses to whoever has not signed in. @default all */
  readonly guards?: (filters: readonly NostrFilter[]) => boolean;
  /** Whether it refuses events, too. @default false */
  readonly guardsEvents?: boolean;
  /** Whether it answers with `auth` in its EOSE, and holds back, instead of refusing. */
  readonly hints?: boolean;
  /** When it sends its challenge. @default "connect" */
  readonly challenges?: "connect" | "refusal" | "never";
  /** The text of each challenge. @default a new one for each connection */
  readonly challenge?: string;
  /** Who may sign in; `undefined` is everybody. */
  readonly members?: readonly string[];
  /** What it says to whoever has signed in, instead of an answer. */
  readonly refusesMembers?: string;
}

let count = 0;

/** A relay behind a wall. */
export function walled(wall: Wall = {}): Script {
  const { events = [], guards = () => true, challenges = "connect", members } = wall;
  const isIn = (relay: ScriptedRelay) =>
    relay.auths.some(({ pubkey }) => members?.includes(pubkey) ?? true);
  const challenge = (relay: ScriptedRelay) => relay.challenge(wall.challenge ?? `c${++count}`);
  return {
    onOpen: (relay) => challenges === "connect" ? challenge(relay) : undefined,
    onReq(req, relay) {
      if (isIn(relay) && wall.refusesMembers) return req.closed(wall.refusesMembers);
      if (isIn(relay) || !guards(req.filters)) {
        return req.send(...found(events, req.filters)).eose();
      }
      if (challenges === "refusal") challenge(relay);
      if (wall.hints) req.eose("auth");
      else req.closed("auth-required: who are you?");
    },
    onEvent(event, relay) {
      const isTaken = isIn(relay) || !wall.guardsEvents;
      if (!isTaken && challenges === "refusal") challenge(relay);
      relay.say(["OK", event.id, isTaken, isTaken ? "" : "auth-required: who are you?"]);
    },
    onAuth({ pubkey }) {
      if (members && !members.includes(pubkey)) throw new Error("restricted: not a member");
    },
  };
}

/** A signer of a user, which notes what it signs. */
export function countingSigner(
  user: Signer,
  sign: (event: NostrEvent) => Promise<NostrEvent> = (event) => Promise.resolve(event),
) {
  const signed: NostrEvent[] = [];
  const signer: UserSigner = {
    signEvent(template) {
      const event = user.sign(template);
      signed.push(event);
      return sign(event);
    },
    nip44: { decrypt: (_, text) => Promise.resolve(text) },
  };
  /** The relays for which it signed. */
  const relays = () => signed.map(({ tags }) => tags.find(([name]) => name === "relay")?.[1]);
  return { signed, signer, relays };
}
