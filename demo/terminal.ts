import { type Paint, paint } from "../src/cli/present/presenter.ts";

/** Writes for a person; colours only where it goes to a terminal that wants them. */
export interface Terminal {
  readonly line: (text?: string) => void;
  readonly heading: (text: string) => void;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  /** The same for what the product shows. */
  readonly paint: Paint;
}

/** Narrower texts of the demo are wrapped at so many columns, so that they fit a terminal of 80. */
export const COLUMNS = 78;

export function openTerminal(env: Readonly<Record<string, string | undefined>>, isTTY: boolean): Terminal {
  const colours = isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const style = (code: number) => (text: string) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  const line = (text = "") => void process.stdout.write(`${text}\n`);
  const bold = style(1);
  return {
    line,
    heading: (text) => line(`\n${bold(text)}`),
    dim: style(2),
    bold,
    good: style(32),
    bad: style(33),
    paint: paint(colours),
  };
}
