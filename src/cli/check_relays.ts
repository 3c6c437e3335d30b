/**
 * What is wrong with the relays of somebody's lists. Pure.
 *
 * @module
 */

import type { RefusedRelay } from "../nostr/relay_policy.ts";
import type { CheckedRelay } from "./check_source.ts";
import type { Finding } from "./finding.ts";
import { printableLine } from "./printable.ts";
import { many } from "./text.ts";

/** A finding for each relay that does not do what the lists want of it, or one that all do. */
export function relayFindings(
  relays: readonly CheckedRelay[],
  refused: readonly RefusedRelay[],
): Finding[] {
  const found = [...refused.map(refusedFinding), ...relays.flatMap(faultsOf)];
  const working = relays.filter(({ failure }) => !failure);
  if (relays.length > 0 && working.length === relays.length) {
    const text = `${many(relays.length, "relay answers", "relays answer")}, all of the lists.`;
    found.push({ level: "good", code: "reachable", text });
  }
  const offered = relays.filter(({ accepts }) => accepts !== undefined);
  if (offered.length > 0 && offered.every(({ accepts }) => accepts)) {
    const text = `${
      many(offered.length, "write relay takes", "write relays take")
    } what they post.`;
    found.push({ level: "good", code: "accepting", text });
  }
  return found;
}

function refusedFinding({ url, reason }: RefusedRelay): Finding {
  return {
    level: "wrong",
    code: "refused",
    text: `The entry "${printableLine(url, 80)}" is no relay that apps connect to (${reason}).`,
    advice: "Remove it from the list.",
  };
}

function faultsOf({ url, uses, failure, info, accepts, refusal }: CheckedRelay): Finding[] {
  if (failure?.reason === "auth-required" || failure?.reason === "restricted") {
    return [{
      level: uses.includes("write") ? "wrong" : "unsure",
      code: "walled",
      text: `${url} shows nothing to strangers (${failure.reason}).`,
      advice: uses.includes("write")
        ? "Add a relay that everybody can read, or others do not see the posts there."
        : "That may be what you want of an inbox, as long as it takes what strangers send.",
    }];
  }
  if (failure) {
    return [{
      level: "wrong",
      code: "unreachable",
      text: `${url} does not answer (${failure.reason}): ${printableLine(failure.text, 100)}.`,
      advice: "Remove it if it stays away: apps try it in vain, and may not try a good one.",
    }];
  }
  const found: Finding[] = [];
  if (refusal) {
    found.push({
      level: "wrong",
      code: "not-accepting",
      text: `${url} does not take what they post (${refusal.reason}): ${
        printableLine(refusal.text, 100)
      }.`,
      advice: "Remove it from the write relays, or get an account there.",
    });
  }
  const { paymentRequired, authRequired } = info?.limits ?? {};
  if (accepts !== true && paymentRequired && uses.includes("read")) {
    found.push({
      level: "unsure",
      code: "paid-inbox",
      text: `${url} serves only who has paid: others may not be able to send replies there.`,
      advice: "Have one inbox at least that takes what strangers send.",
    });
  }
  if (authRequired && uses.includes("write")) {
    found.push({
      level: "unsure",
      code: "sign-in",
      text: `${url} says that it wants a sign-in (NIP-42): some readers stay out.`,
    });
  }
  return found;
}
