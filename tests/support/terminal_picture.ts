/**
 * Draws what a terminal shows as a picture (SVG). Pure.
 *
 * @module
 */

/** A part of a line that looks the same throughout. */
interface Span {
  readonly text: string;
  /** The column where it begins, from 0 on. */
  readonly at: number;
  readonly colour?: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

const CHARACTER = 7.8, LINE = 17, MARGIN = 14, TOP = 54;
const COLOURS: Readonly<Record<number, string>> = {
  31: "#f7768e",
  32: "#9ece6a",
  33: "#e0af68",
  34: "#7aa2f7",
  35: "#bb9af7",
  36: "#7dcfff",
};

/** A picture of a terminal after a command, which printed this, colours included. */
export function terminalPicture(command: string, printed: string): string {
  const lines = [
    spansOf(`\u001b[32m$\u001b[39m ${command}`),
    [],
    ...printed.split("\n").map(spansOf),
  ];
  const columns = Math.max(...lines.flat().map(({ at, text }) => at + text.length));
  const width = Math.ceil(columns * CHARACTER + 2 * MARGIN);
  const height = TOP + lines.length * LINE;
  const texts = lines.flatMap((spans, row) =>
    spans.filter(({ text }) => text.trim() !== "").map((span) => textElement(span, row))
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" \
height="${height}" role="img">
  <rect width="${width}" height="${height}" rx="8" fill="#1a1b26" />
  <g>
    <circle cx="20" cy="18" r="5" fill="#f7768e" />
    <circle cx="38" cy="18" r="5" fill="#e0af68" />
    <circle cx="56" cy="18" r="5" fill="#9ece6a" />
  </g>
  <g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" \
font-size="13" fill="#c0caf5" xml:space="preserve">
${texts.join("\n")}
  </g>
</svg>
`;
}

function textElement({ text, at, colour, isBold, isDim }: Span, row: number): string {
  const begin = text.length - text.trimStart().length;
  const shown = text.trim();
  const attributes = [
    `x="${(MARGIN + (at + begin) * CHARACTER).toFixed(1)}"`,
    `y="${TOP + row * LINE}"`,
    `textLength="${(shown.length * CHARACTER).toFixed(1)}"`,
    colour === undefined ? "" : `fill="${colour}"`,
    isBold ? 'font-weight="bold"' : "",
    isDim ? 'opacity=".6"' : "",
  ].filter((text) => text !== "");
  return `    <text ${attributes.join(" ")}>${escaped(shown)}</text>`;
}

/** The parts of a line; escape sequences other than colours, bold and dim are unknown here. */
function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let colour: string | undefined, isBold = false, isDim = false, at = 0;
  for (const part of `0m${line}`.split("\u001b[")) {
    const [sequence, code] = /^(\d+)m/.exec(part) ?? [];
    const number = Number(code);
    if (number === 1) isBold = true;
    else if (number === 2) isDim = true;
    else if (number === 22) isBold = isDim = false;
    else if (number === 39 || COLOURS[number]) colour = COLOURS[number];
    else if (number !== 0) throw new RangeError(`Cannot draw the escape sequence "${part}"`);
    // Several spaces begin a new part: pictures show them as one.
    for (const [text] of part.slice(sequence?.length).matchAll(/ {2,}|(?:(?! {2}).)+/g)) {
      spans.push({ text, at, isBold, isDim, ...colour === undefined ? {} : { colour } });
      at += text.length;
    }
  }
  return spans;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
