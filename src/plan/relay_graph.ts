/**
 * Which subject may be requested from which relay, as numbers: the form in which thousands
 * of subjects are planned in milliseconds.
 *
 * @module
 */

import { rootOf } from "../nostr/relay_url.ts";

/** Subjects are rows 0, 1, …; relays have the ids 0, 1, …. */
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
  /** Absent if a relay weighs the same for each of its rows. */
  readonly weighed?: WeighedEdges;
}

/** What relays weigh for rows whose relays were weighed one by one. */
export interface WeighedEdges {
  /** The rows, in rising order. */
  readonly rows: readonly number[];
  /** 1 for each of these rows. */
  readonly isWeighed: Uint8Array;
  /** The weight of each entry of `relaysOf`. */
  readonly ofRelays: Uint32Array;
  /** The weight of each entry of `rowsOf`. */
  readonly ofRows: Uint32Array;
}

/** Each relay of a graph, and how many rows name it. */
export function* relayCounts({ urls, rowStarts }: RelayGraph): Generator<[string, number]> {
  for (let id = 0; id < urls.length; id++) yield [urls[id], rowStarts[id + 1] - rowStarts[id]];
}

/** The integer that the largest weight in a graph becomes. */
const MAX_INTEGER_WEIGHT = 2 ** 16;

/** How a graph is built. */
export interface RelayGraphOptions {
  /**
   * Whether a row keeps only one of several URLs of one host: the heaviest, then the
   * shortest, then the smaller. Two URLs of one machine are lost together.
   * @default false
   */
  readonly perHost?: boolean;
}

/** Builds a graph, row by row. */
export class RelayGraphBuilder {
  readonly #resolve: (url: string) => string | undefined;
  readonly #weight: (url: string) => number;
  readonly #perHost: boolean;
  /** The id of each URL seen, in any spelling; `REFUSED` if no row may have it. */
  readonly #idOf = new Map<string, number>();
  /** The ids of relays that were added although `resolve` refuses them. */
  readonly #given = new Map<string, number>();
  /** The first relay of each host, by the root of that host, unless it is the root itself. */
  readonly #firstOf = new Map<string, number>();
  /** The first relay of each relay's host; -1 while that host has no other relay. */
  readonly #hosts: number[] = [];
  /** Whether any host has several relays. */
  #hasTwins = false;
  readonly #urls: string[] = [];
  readonly #weights: number[] = [];
  readonly #starts: number[] = [0];
  /** With room beyond `#end`: a plan for thousands makes no garbage of arrays that grow. */
  #relaysOf = new Uint32Array(1_024);
  /** Where the current row ends. */
  #end = 0;
  /** Where the current row starts. */
  #start = 0;
  /** What the weight of a relay is multiplied by, for some entries of `relaysOf`. */
  readonly #factors = new Map<number, number>();
  /** The rows that have such entries. */
  readonly #weighedRows: number[] = [];

  /**
   * @param resolve Gives the normal form of a URL, `undefined` if it is refused.
   * @param weight Gives the weight of a relay; 0 keeps it out.
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

  /**
   * Adds relays to the current row; returns how many the row has now.
   *
   * @param perHost Whether several URLs of one host count as one; by default as the graph has it.
   */
  add(urls: readonly string[], perHost = this.#perHost): number {
    const edges = this.#room(urls.length);
    const idOf = this.#idOf;
    const start = this.#start;
    let end = this.#end;
    let hasTwins = this.#hasTwins;
    next: for (let i = 0; i < urls.length; i++) {
      let id = idOf.get(urls[i]);
      if (id === undefined) {
        id = this.#resolveId(urls[i]);
        hasTwins = this.#hasTwins;
      }
      if (id === REFUSED) continue;
      for (let at = start; at < end; at++) if (edges[at] === id) continue next;
      if (hasTwins && perHost && this.#mergeHost(id, end)) continue;
      edges[end++] = id;
    }
    this.#end = end;
    return end - start;
  }

  /**
   * Adds relays that weigh less for the current row: each by its own factor, in (0, 1]. Returns
   * how many relays the row has now.
   */
  addWeighed(relays: Iterable<readonly [url: string, factor: number]>): number {
    const one = [""];
    for (const [url, factor] of relays) {
      const before = this.#end;
      one[0] = url;
      this.add(one);
      if (this.#end > before && factor < 1) this.#factors.set(before, factor);
    }
    const row = this.#starts.length - 1;
    if (this.#end > this.#start && this.#weighedRows.at(-1) !== row) this.#weighedRows.push(row);
    return this.#end - this.#start;
  }

  /**
   * Adds one relay to the current row even if `resolve` refuses it. It must be in normal
   * form. Returns how many relays the row has now.
   */
  addGiven(url: string): number {
    let id = this.#idOf.get(url) ?? this.#resolveId(url);
    if (id === REFUSED) {
      id = this.#given.get(url) ?? this.#register(url);
      this.#given.set(url, id);
    }
    if (id !== REFUSED) this.#room(1)[this.#end++] = id;
    return this.#end - this.#start;
  }

  /** Ends the current row and starts the next. */
  endRow(): void {
    this.#start = this.#end;
    this.#starts.push(this.#start);
  }

  /** The id of a relay, which no row need have; `undefined` if it is refused. */
  idOf(url: string): number | undefined {
    const id = this.#idOf.get(url) ?? this.#resolveId(url);
    return id < 0 ? undefined : id;
  }

  /** The graph of all ended rows. */
  build(): RelayGraph {
    const heaviest = this.#weights.reduce((most, weight) => Math.max(most, weight), 0);
    const starts = new Uint32Array(this.#starts);
    const relaysOf = this.#relaysOf.slice(0, this.#end);
    const weights = this.#weights.map((weight) =>
      Math.max(1, Math.round(weight / heaviest * MAX_INTEGER_WEIGHT))
    );
    const inverse = invert(this.#urls.length, starts, relaysOf);
    const graph = { urls: this.#urls, weights, starts, relaysOf, ...inverse };
    if (this.#weighedRows.length === 0) return graph;
    return { ...graph, weighed: this.#weigh(graph) };
  }

  #weigh({ weights, starts, relaysOf, rowStarts }: RelayGraph): WeighedEdges {
    const rows = this.#weighedRows;
    const isWeighed = new Uint8Array(starts.length - 1);
    for (const row of rows) isWeighed[row] = 1;
    const ofRelays = new Uint32Array(relaysOf.length);
    for (let at = 0; at < relaysOf.length; at++) ofRelays[at] = weights[relaysOf[at]];
    for (const [at, factor] of this.#factors) {
      ofRelays[at] = Math.max(1, Math.round(ofRelays[at] * factor));
    }
    const ofRows = new Uint32Array(ofRelays.length);
    const next = rowStarts.slice();
    for (let at = 0; at < relaysOf.length; at++) ofRows[next[relaysOf[at]]++] = ofRelays[at];
    return { rows, isWeighed, ofRelays, ofRows };
  }

  /** The relays of all rows, with room for some more. */
  #room(more: number): Uint32Array {
    const { length } = this.#relaysOf;
    if (this.#end + more <= length) return this.#relaysOf;
    const larger = new Uint32Array(Math.max(4 * length, this.#end + more));
    larger.set(this.#relaysOf);
    return this.#relaysOf = larger;
  }

  #resolveId(value: string): number {
    const url = this.#resolve(value);
    const knownId = url === undefined ? REFUSED : this.#idOf.get(url);
    const id = knownId ?? this.#register(url!);
    if (knownId === undefined) this.#idOf.set(url!, id);
    if (url !== value) this.#idOf.set(value, id);
    return id;
  }

  #register(url: string): number {
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

  /** The relay of the same host that was seen first. Nearly all relays are their host's root. */
  #firstOfHost(url: string, id: number): number {
    const root = rootOf(url);
    const other = this.#firstOf.get(root);
    if (other !== undefined || root === url) return other ?? id;
    const atRoot = this.#idOf.get(root) ?? REFUSED;
    const first = atRoot === REFUSED ? id : atRoot;
    this.#firstOf.set(root, first);
    return first;
  }

  /** Whether the current row has a relay of the same host; the better of the two stays. */
  #mergeHost(id: number, end: number): boolean {
    const edges = this.#relaysOf;
    if (this.#hosts[id] < 0) return false;
    for (let at = this.#start; at < end; at++) {
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

/** The same edges sorted by relay. */
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
