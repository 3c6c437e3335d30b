/**
 * Who lists which relay, as numbers: the form in which thousands of people are
 * planned for in milliseconds.
 *
 * @module
 */

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

/** The largest weight in a graph becomes this. */
const FULL_WEIGHT = 2 ** 16;

/** Builds a graph, row by row. */
export class RelayGraphBuilder {
  readonly #resolve: (url: string) => string | undefined;
  readonly #weight: (url: string) => number;
  readonly #idOf = new Map<string, number>();
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
  ) {
    this.#resolve = resolve;
    this.#weight = weight;
  }

  /** Adds relays to the row that is open; says how many it has by now. */
  add(urls: readonly string[]): number {
    const edges = this.#relaysOf;
    const idOf = this.#idOf;
    const start = this.#start;
    next: for (let i = 0; i < urls.length; i++) {
      let id = idOf.get(urls[i]);
      if (id === undefined) id = this.#meet(urls[i]);
      if (id === REFUSED) continue;
      for (let at = start; at < edges.length; at++) if (edges[at] === id) continue next;
      edges.push(id);
    }
    return edges.length - start;
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
    this.#idOf.set(value, id);
    return id;
  }

  #enter(url: string): number {
    const weight = this.#weight(url);
    if (weight === 0) return REFUSED;
    this.#urls.push(url);
    this.#weights.push(weight);
    this.#idOf.set(url, this.#urls.length - 1);
    return this.#urls.length - 1;
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
