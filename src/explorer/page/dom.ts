/**
 * Makes elements. Text is only ever text: no string becomes HTML.
 *
 * @module
 */
/** What stands in an element. */
export type Child = Node | string | number | undefined | false;

/** Attributes, and listeners by names that begin with `on`. */
export type Props = Readonly<
  Record<string, string | number | boolean | undefined | ((event: never) => void)>
>;

/** Makes an HTML element. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), props, children);
}

/** Makes an SVG element. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), props, children);
}

/** Parts of a picture that has a name as a whole: titles for a pointer, nothing for a screen reader. */
export function parts(...children: Child[]): SVGGElement {
  return svg("g", { "aria-hidden": "true" }, ...children);
}

/** Replaces what stands in an element. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...nodesOf(children));
}

function filled<T extends Element>(element: T, props: Props, children: Child[]): T {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as (event: Event) => void);
    } else element.setAttribute(name, value === true ? "" : `${value}`);
  }
  element.append(...nodesOf(children));
  return element;
}

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.filter((child) => child !== undefined && child !== false)
    .map((child) => typeof child === "number" ? `${child}` : child as Node | string);
}
