/**
 * Who lists which relay, as numbers: the form in which thousands of people are
 * planned for in milliseconds.
 *
 * @module
 */

import { rootOf } from "../nostr/relay_url.ts";

/** People are rows 0, 1, …; relays are ids 0, 1, …. */
export interface RelayGraph {
  /** The relay of each id. */
  readonly urls: readonly string[];
  /** The weight of each relay, as an integer, so that sums are exact in any order. */
  readonly weights: readonly number[];
  /** Where each row's relays start in `relaysOf`, and one entry more: its end. */
  readonly starts: Uint32Array;
  /** The relays of all rows, row after row. */
  readonly relaysOf: Uint32Array;
  /** Where each relay's rows start in `rowsOf`, and one entry more: its end. */
  readonly rowStarts: Uint32Array;
  /** The rows of all relays, relay after relay, each in rising order. */
  readonly rowsOf: Uint32Array;
}

/** Each relay of a graph, and how many rows list it. */
export function* relayCounts({ urls, rowStarts }: RelayGraph): Generator<[string, number]> {
  for (let id = 0; id < urls.length; id++) yield [urls[id], rowStarts[id + 1] - rowStarts[id]];
}

/** The largest weight in a graph becomes this. */
const FULL_WEIGHT = 2 ** 16;

/** How a graph is built. */
export interface RelayGraphOptions {
  /**
   * Of several URLs of one host a row has only one: the heaviest, then the shortest,
   * then the smaller. Two spellings of one machine are no two copies.
   * @default false
   */
  readonly perHost?: boolean;
}

/** Builds a graph, row by row. */
export class RelayGraphBuilder {
  readonly #resolve: (url: string) => string | undefined;
  readonly #weight: (url: string) => number;
  readonly #perHost: boolean;
  /** The id of each string that was met, `REFUSED` where it is no relay of a row. */
  readonly #idOf = new Map<string, number>();
  /** The ids of relays that are in though `resolve` refuses them. */
  readonly #given = new Map<string, number>();
  /** The first relay of each host by the root of that host, where it is not the root itself. */
  readonly #firstOf = new Map<string, number>();
  /** The first relay of the host of each relay, -1 while that host has no other. */
  readonly #hosts: number[] = [];
  /** Whether any host has several. */
  #hasTwins = false;
  readonly #urls: string[] = [];
  readonly #weights: number[] = [];
  readonly #starts: number[] = [0];
  readonly #relaysOf: number[] = [];
  /** Where the open row starts. */
  #start = 0;

  /**
   * @param resolve The normal form of a URL, `undefined` where it is refused.
   * @param weight The weight of a relay; 0 keeps it out.
   */
  constructor(
    resolve: (url: string) => string | undefined = (url) => url,
    weight: (url: string) => number = () => 1,
    { perHost = false }: RelayGraphOptions = {},
  ) {
    this.#resolve = resolve;
    this.#weight = weight;
    this.#perHost = perHost;
  }

  /** Adds relays to the row that is open; says how many it has by now. */
  add(urls: readonly string[]): number {
    const edges = this.#relaysOf;
    const idOf = this.#idOf;
    const start = this.#start;
    let hasTwins = this.#hasTwins;
    next: for (let i = 0; i < urls.length; i++) {
      let id = idOf.get(urls[i]);
      if (id === undefined) {
        id = this.#meet(urls[i]);
        hasTwins = this.#hasTwins;
      }
      if (id === REFUSED) continue;
      for (let at = start; at < edges.length; at++) if (edges[at] === id) continue next;
      if (hasTwins && this.#displaces(id)) continue;
      edges.push(id);
    }
    return edges.length - start;
  }

  /**
   * Adds one relay to the row that is open, whatever `resolve` says of it: it must be in
   * normal form. Says how many the row has by now.
   */
  addGiven(url: string): number {
    let id = this.#idOf.get(url) ?? this.#meet(url);
    if (id === REFUSED) {
      id = this.#given.get(url) ?? this.#enter(url);
      this.#given.set(url, id);
    }
    if (id !== REFUSED) this.#relaysOf.push(id);
    return this.#relaysOf.length - this.#start;
  }

  /** Closes the row that is open, and opens the next. */
  endRow(): void {
    this.#start = this.#relaysOf.length;
    this.#starts.push(this.#start);
  }

  /** The id of a relay, also of one that no row has; `undefined` if it is refused. */
  idOf(url: string): number | undefined {
    const id = this.#idOf.get(url) ?? this.#meet(url);
    return id < 0 ? undefined : id;
  }

  /** The graph of all closed rows. */
  build(): RelayGraph {
    const top = this.#weights.reduce((most, weight) => Math.max(most, weight), 0);
    const starts = new Uint32Array(this.#starts);
    const relaysOf = new Uint32Array(this.#relaysOf);
    return {
      urls: this.#urls,
      weights: this.#weights.map((weight) => Math.max(1, Math.round(weight / top * FULL_WEIGHT))),
      starts,
      relaysOf,
      ...invert(this.#urls.length, starts, relaysOf),
    };
  }

  #meet(value: string): number {
    const url = this.#resolve(value);
    const known = url === undefined ? REFUSED : this.#idOf.get(url);
    const id = known ?? this.#enter(url!);
    if (known === undefined) this.#idOf.set(url!, id);
    if (url !== value) this.#idOf.set(value, id);
    return id;
  }

  #enter(url: string): number {
    const weight = this.#weight(url);
    if (weight === 0) return REFUSED;
    const id = this.#urls.length;
    this.#urls.push(url);
    this.#weights.push(weight);
    this.#hosts.push(-1);
    if (this.#perHost) {
      const first = this.#firstOfHost(url, id);
      if (first !== id) {
        this.#hosts[first] = this.#hosts[id] = first;
        this.#hasTwins = true;
      }
    }
    return id;
  }

  /** The relay of the same host that came first. Nearly all relays are the root of their host. */
  #firstOfHost(url: string, id: number): number {
    const root = rootOf(url);
    const other = this.#firstOf.get(root);
    if (other !== undefined || root === url) return other ?? id;
    const atRoot = this.#idOf.get(root) ?? REFUSED;
    const first = atRoot === REFUSED ? id : atRoot;
    this.#firstOf.set(root, first);
    return first;
  }

  /** Whether the open row has a relay of the same host; the better of the two stays. */
  #displaces(id: number): boolean {
    const edges = this.#relaysOf;
    if (this.#hosts[id] < 0) return false;
    for (let at = this.#start; at < edges.length; at++) {
      if (this.#hosts[edges[at]] !== this.#hosts[id]) continue;
      if (this.#isBetter(id, edges[at])) edges[at] = id;
      return true;
    }
    return false;
  }

  #isBetter(a: number, b: number): boolean {
    const [urls, weights] = [this.#urls, this.#weights];
    if (weights[a] !== weights[b]) return weights[a] > weights[b];
    if (urls[a].length !== urls[b].length) return urls[a].length < urls[b].length;
    return urls[a] < urls[b];
  }
}

const REFUSED = -1;

/** The same edges, sorted by relay. */
function invert(relays: number, starts: Uint32Array, relaysOf: Uint32Array) {
  const rowStarts = new Uint32Array(relays + 1);
  for (let i = 0; i < relaysOf.length; i++) rowStarts[relaysOf[i] + 1]++;
  for (let relay = 0; relay < relays; relay++) rowStarts[relay + 1] += rowStarts[relay];
  const next = rowStarts.slice();
  const rowsOf = new Uint32Array(relaysOf.length);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let at = starts[row]; at < starts[row + 1]; at++) rowsOf[next[relaysOf[at]]++] = row;
  }
  return { rowStarts, rowsOf };
}
