/** @jsxImportSource preact */
/** A QR code as a drawing: black on white in both themes, for cameras need it so, with the space around it they need. */
export function QrCode({ squares, label }: { squares: QrSquares; label: string }) {
  const { size, path } = squares;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

export interface QrSquares {
  /** How many squares it has across, the space around it included. */
  size: number;
  /** The black ones, as the `d` of a path. */
  path: string;
}

/** ISO/IEC 18004: four squares of white on every side. */
const QUIET = 4;
/** As long as any set-up key of ours; more than a camera reads from a screen with ease. */
const MAX_CHARS = 600;

/** The squares that say a text; null for one that is too long. */
export async function qrSquares(text: string): Promise<QrSquares | null> {
  if (text.length > MAX_CHARS) return null;
  const { encode } = await import('uqr');
  const { size, data } = encode(text, { ecc: 'M', border: QUIET });
  return { size, path: data.flatMap((row, y) => runsOf(row).map(([x, n]) => `M${x} ${y}h${n}v1h-${n}z`)).join('') };
}

/** Where black ones stand next to each other in a row: the first, and how many. */
function runsOf(row: readonly boolean[]): [x: number, n: number][] {
  const runs: [number, number][] = [];
  row.forEach((black, x) => {
    const last = runs.at(-1);
    if (black && last && last[0] + last[1] === x) last[1]++;
    else if (black) runs.push([x, 1]);
  });
  return runs;
}
