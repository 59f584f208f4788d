/** Colours and weights; each is the identity where the reader takes none. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const sgr = (on: number, off: number) => (text: string) =>
  text === "" ? text : `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string) => text;

const COLORS: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};
const NO_COLORS: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

export function paint(color: boolean): Paint {
  return color ? COLORS : NO_COLORS;
}
