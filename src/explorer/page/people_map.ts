/**
 * The map of people and relays: a disc for each relay that is asked, and in it a dot for each
 * person who is asked for there. Discs are buttons, so that keys reach them; so is one dot.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import { dotCursor } from "./dot_cursor.ts";
import type { ExplorerState, Selection } from "./explorer_state.ts";
import { count, host, many, personName } from "./format.ts";
import { type Disc, dotNear, type MapLayout, mapLayout } from "./map_layout.ts";
import { placeLabels } from "./map_labels.ts";
import { paintMap } from "./paint_map.ts";

/** The key of the disc of those whom nobody is asked for. */
const NOBODY = "";
/** How long discs move to where they belong. */
const MOVE_MS = 260;

/** Draws the map, and again whenever it changes. */
export function peopleMap(state: ExplorerState): HTMLElement {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const discs = h("div", { class: "discs", role: "group", "aria-label": "Relays that are asked" });
  const tip = h("div", { class: "tip", hidden: true, role: "presentation" });
  const dots = dotCursor({
    state,
    layout: () => target,
    onPoint: (person) => hover(person === undefined ? undefined : { person }),
    onChoose: (person) => toggle({ person }),
    onLeave: (key) => buttons.get(key)?.focus(),
  });
  const box = h("div", { class: "map", id: "map" }, canvas, discs, dots.element, tip);
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const buttons = new Map<string, HTMLButtonElement>();
  let target: MapLayout = { discs: [], spacing: 4 };
  let shown: readonly Disc[] = [];
  let spacing = 4;
  let moves = 0;
  let hovered: Selection | undefined;

  function layOut(isWarm: boolean): void {
    const size = { width: box.clientWidth, height: box.clientHeight };
    if (size.width === 0) return;
    const { data, plan } = state;
    const nodes = plan.relays.filter(({ people }) => people.length > 0)
      .map(({ relay, people }) => ({ key: data.relays[relay].url, people }));
    const nobody = plan.people.flatMap(({ reach }, i) => reach === "none" ? [i] : []);
    if (nobody.length > 0) nodes.push({ key: NOBODY, people: nobody });
    target = mapLayout(nodes, size, isWarm ? target.discs : []);
    placeButtons();
    const from = new Map(shown.map((disc) => [disc.key, disc]));
    const fromSpacing = spacing;
    const own = ++moves;
    let startedAt: number | undefined;
    const move = (now: number) => {
      if (moves !== own) return;
      startedAt ??= now;
      const part = motion.matches || !isWarm ? 1 : Math.min(1, (now - startedAt) / MOVE_MS);
      const ease = 1 - (1 - part) ** 3;
      spacing = fromSpacing + (target.spacing - fromSpacing) * ease;
      shown = target.discs.map((disc) => {
        const { x, y, r } = from.get(disc.key) ?? { ...disc, r: 0 };
        const to = (a: number, b: number) => a + (b - a) * ease;
        return { ...disc, x: to(x, disc.x), y: to(y, disc.y), r: to(r, disc.r) };
      });
      paint();
      if (part < 1) requestAnimationFrame(move);
    };
    if (isWarm) requestAnimationFrame(move);
    else move(0);
  }

  function paint(): void {
    paintMap(canvas, { state, discs: shown, spacing, selection: hovered ?? state.selection });
  }

  /** The buttons stand where the discs will be at once, so that a click hits what it should. */
  function placeButtons(): void {
    const labels = placeLabels(target.discs, {
      width: box.clientWidth,
      height: box.clientHeight,
      textOf: ({ key }) => key === NOBODY ? "nobody to ask" : shortHost(key),
    });
    const keys = new Set(target.discs.map(({ key }) => key));
    for (const [key, button] of buttons) {
      if (!keys.has(key)) buttons.delete(key), button.remove();
    }
    for (const [i, disc] of target.discs.entries()) {
      const button = buttons.get(disc.key) ?? discButton(disc.key);
      const plan = state.plan.relays.find(({ relay }) => state.data.relays[relay].url === disc.key);
      const alone = plan?.alone ?? 0;
      const people = many(disc.people.length, "person", "people");
      button.setAttribute(
        "aria-label",
        disc.key === NOBODY
          ? `${people} with nobody to ask`
          : `${host(disc.key)}: ${people}, ${count(alone)} on it alone`,
      );
      Object.assign(button.style, {
        left: `${disc.x - disc.r}px`,
        top: `${disc.y - disc.r}px`,
        width: `${2 * disc.r}px`,
        height: `${2 * disc.r}px`,
      });
      const label = labels[i];
      const text = button.firstElementChild as HTMLElement;
      text.hidden = label === undefined;
      text.textContent = label?.text ?? "";
      if (label) {
        text.style.left = `${label.x - disc.x + disc.r}px`;
        text.style.top = `${label.y - disc.y + disc.r}px`;
      }
      // In the order of the plan, which is that of the keys, too.
      if (discs.children[i] !== button) discs.insertBefore(button, discs.children[i] ?? null);
    }
    mark();
    dots.place();
  }

  function discButton(key: string): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "disc",
        tabindex: -1,
        onkeydown: (event: KeyboardEvent) => moveFocus(event, key),
        onfocus: () => {
          hover(selectionOf(key));
          dots.enter(key);
        },
        onblur: () => hover(undefined),
        // A click with a pointer is the map's, which knows the dots.
        onclick: (event: MouseEvent) => {
          if (event.detail === 0) toggle(selectionOf(key));
        },
      },
      h("span", { class: "disc-label" }),
    );
    buttons.set(key, button);
    return button;
  }

  function moveFocus(event: KeyboardEvent, key: string): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = target.discs;
    const at = all.findIndex((disc) => disc.key === key);
    buttons.get(all[(at + step + all.length) % all.length].key)?.focus();
  }

  function mark(): void {
    const selected = state.selection && "relay" in state.selection
      ? state.selection.relay
      : undefined;
    const reachable = selected !== undefined && buttons.has(selected)
      ? selected
      : target.discs[0]?.key;
    for (const [key, button] of buttons) {
      button.setAttribute("aria-pressed", `${key === selected}`);
      button.tabIndex = key === reachable ? 0 : -1;
    }
  }

  function personAt(index: number): Selection {
    return { person: state.data.people[index].pubkey };
  }

  function selectionOf(key: string): Selection {
    return key === NOBODY ? { reach: "none" } : { relay: key };
  }

  function toggle(selection: Selection): void {
    const isSame = JSON.stringify(selection) === JSON.stringify(state.selection);
    state.select(isSame ? undefined : selection);
  }

  function hover(selection: Selection | undefined): void {
    if (JSON.stringify(selection) === JSON.stringify(hovered)) return;
    hovered = selection;
    paint();
  }

  /** What is at a point of the page. */
  function hit(
    event: MouseEvent,
  ): { disc: Disc; person?: number; x: number; y: number } | undefined {
    const { left, top } = box.getBoundingClientRect();
    const x = event.clientX - left, y = event.clientY - top;
    const disc = target.discs.find((disc) => Math.hypot(disc.x - x, disc.y - y) <= disc.r);
    if (!disc) return undefined;
    const dot = dotNear(x - disc.x, y - disc.y, disc.people.length, target.spacing);
    return { disc, x, y, ...dot < 0 ? {} : { person: disc.people[dot] } };
  }

  box.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const at = hit(event);
    tip.hidden = at === undefined;
    if (!at) return hover(undefined);
    const { disc, person, x, y } = at;
    const { data, plan } = state;
    hover(person === undefined ? selectionOf(disc.key) : personAt(person));
    fill(
      tip,
      person === undefined
        ? h("b", {}, disc.key === NOBODY ? "Nobody to ask" : host(disc.key))
        : h("b", { dir: "auto" }, personName(data.people[person])),
      person === undefined
        ? many(disc.people.length, "person", "people")
        : plan.people[person].relays.map((relay) => host(data.relays[relay].url)).join(", "),
    );
    tip.style.left = `${Math.min(x + 14, Math.max(0, box.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${y + 18}px`;
  });
  box.addEventListener("pointerleave", () => {
    tip.hidden = true;
    hover(undefined);
  });
  box.addEventListener("click", (event) => {
    if (event.detail === 0) return;
    const at = hit(event);
    if (!at) return state.select(undefined);
    const isPrecise = at.person !== undefined && (target.spacing >= 4 || hovered !== undefined);
    toggle(isPrecise ? personAt(at.person!) : selectionOf(at.disc.key));
  });

  state.on("plan", () => layOut(true));
  state.on("data", () => layOut(true));
  state.on("selection", () => {
    mark();
    dots.place();
    paint();
  });
  let width = 0, height = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width && box.clientHeight === height) return;
    [width, height] = [box.clientWidth, box.clientHeight];
    layOut(false);
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  return box;
}

/** A host that fits under a disc. */
function shortHost(url: string): string {
  const name = host(url);
  return name.length > 24 ? `${name.slice(0, 22)}…` : name;
}
