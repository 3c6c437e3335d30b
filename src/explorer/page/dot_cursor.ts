/**
 * Leads the keyboard from dot to dot on the map. One dot has the focus, and is a button; where the
 * focus goes to another dot, that is a new button, so that a screen reader reads it.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { host, personName } from "./format.ts";
import type { MapLayout } from "./map_layout.ts";
import { ARROWS, type Dot, dotPlace, nextDot } from "./next_dot.ts";

/** What the cursor needs of the map. */
export interface DotCursorOptions {
  readonly state: ExplorerState;
  readonly layout: () => MapLayout;
  /** Shows a person, or nobody, as if a pointer was there. */
  readonly onPoint: (pubkey: string | undefined) => void;
  /** Selects a person, or lets go of them. */
  readonly onChoose: (pubkey: string) => void;
  /** Gives the focus back to the disc of a key. */
  readonly onLeave: (key: string) => void;
}

/** The cursor. */
export interface DotCursor {
  readonly element: HTMLElement;
  /** Goes to the first dot of a disc, unless it is in the disc. */
  readonly enter: (key: string) => void;
  /** Goes to where the people of the map are now, and the selected person is. */
  readonly place: () => void;
}

/** See the module. */
export function dotCursor(options: DotCursorOptions): DotCursor {
  const { state, layout, onPoint, onChoose, onLeave } = options;
  const element = h("div", {
    class: "dots",
    role: "group",
    "aria-label": "People on the map: arrow keys go to the nearest, Enter chooses, Escape leaves",
  });
  /** Which disc and person the cursor is at; they stay so when the map changes. */
  let at: { readonly key: string; readonly pubkey: string } | undefined;
  let button: HTMLButtonElement | undefined;

  const indexOf = (pubkey: string) =>
    state.data.people.findIndex((person) => person.pubkey === pubkey);

  function dotOf({ key, pubkey }: NonNullable<typeof at>): Dot | undefined {
    const disc = layout().discs.findIndex((disc) => disc.key === key);
    const index = layout().discs[disc]?.people.indexOf(indexOf(pubkey)) ?? -1;
    return index < 0 ? undefined : { disc, index };
  }

  /** Where the cursor is now, whoever is not on the map any longer; somewhere to begin with. */
  function current(): Dot | undefined {
    const { discs } = layout();
    const { selection } = state;
    const isUsed = button !== undefined && document.activeElement === button;
    const selected = selection && "person" in selection ? selection.person : undefined;
    const wanted = isUsed ? at?.pubkey : selected ?? at?.pubkey;
    if (wanted !== undefined && (at?.pubkey !== wanted || !dotOf(at))) {
      const disc = discs.find(({ people }) => people.includes(indexOf(wanted)));
      if (disc) at = { key: disc.key, pubkey: wanted };
    }
    const dot = at && dotOf(at);
    if (dot || discs.length === 0) return dot;
    return begin(0);
  }

  function begin(disc: number): Dot {
    const { key, people: [first] } = layout().discs[disc];
    at = { key, pubkey: state.data.people[first].pubkey };
    return { disc, index: 0 };
  }

  function place(): void {
    const dot = current();
    if (!dot) {
      fill(element);
      button = undefined;
      return;
    }
    button ??= newButton();
    describe(button, dot);
    if (!button.isConnected) fill(element, button);
  }

  function goTo(dot: Dot): void {
    const { key, people } = layout().discs[dot.disc];
    at = { key, pubkey: state.data.people[people[dot.index]].pubkey };
    const before = button;
    button = newButton();
    describe(button, dot);
    element.append(button);
    button.focus({ preventScroll: true });
    before?.remove();
  }

  function describe(button: HTMLButtonElement, dot: Dot): void {
    const { data, plan } = state;
    const disc = layout().discs[dot.disc];
    const person = disc.people[dot.index];
    const others = plan.people[person].relays.map((relay) => data.relays[relay].url)
      .filter((url) => url !== disc.key).map(host);
    const here = disc.key === "" ? "nobody to ask" : `at ${host(disc.key)}`;
    const also = others.length === 0 ? "" : `, also at ${others.join(", ")}`;
    button.setAttribute("aria-label", `${personName(data.people[person])}, ${here}${also}`);
    button.setAttribute("aria-pressed", `${isSelected(state, person)}`);
    const [x, y] = dotPlace(layout(), dot);
    Object.assign(button.style, { left: `${x}px`, top: `${y}px` });
    // On a map that is wider than the screen it stays in view.
    if (document.activeElement === button) button.scrollIntoView({ block: "nearest" });
  }

  function newButton(): HTMLButtonElement {
    return h("button", {
      type: "button",
      class: "dot-cursor",
      onkeydown: press,
      onfocus: () => onPoint(at?.pubkey),
      onblur: (event: FocusEvent) => {
        if (!element.contains(event.relatedTarget as Node | null)) onPoint(undefined);
      },
      onclick: () => at && onChoose(at.pubkey),
    });
  }

  function press(event: KeyboardEvent): void {
    const dot = at && dotOf(at);
    if (!at || !dot) return;
    if (event.key === "Escape") {
      // The page would let go of what is selected.
      event.stopPropagation();
      return onLeave(at.key);
    }
    const step = ARROWS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = nextDot(layout(), dot, step);
    if (next) goTo(next);
  }

  return {
    element,
    enter(key) {
      if (at?.key === key && dotOf(at)) return;
      const disc = layout().discs.findIndex((disc) => disc.key === key);
      if (disc >= 0) begin(disc);
      place();
    },
    place,
  };
}

function isSelected({ data, selection }: ExplorerState, person: number): boolean {
  return selection !== undefined && "person" in selection &&
    selection.person === data.people[person].pubkey;
}
