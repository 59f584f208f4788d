/** Writes for a person; colours only where it goes to a terminal that wants them. */
export interface Terminal {
  readonly line: (text?: string) => void;
  readonly heading: (text: string) => void;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
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
  };
}

/** Breaks a text between words into lines of a width; a longer word gets a line of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Cuts a text to a width, with a sign that it was cut. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
