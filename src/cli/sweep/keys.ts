import type { TextSink, TextSource } from "#cli/surroundings.ts";

/** What a person answers with, a key or a line at a time. */
export interface Keys {
  /** The next key: one character, or `enter`. Undefined at the end of the input, and for Ctrl-C, Ctrl-D and Escape. */
  readonly key: () => Promise<string | undefined>;
  /** A line of text; undefined where it was given up, empty where nothing was written. */
  readonly line: (prompt: string) => Promise<string | undefined>;
  readonly close: () => void;
}

const ENDS: readonly string[] = ["\u0003", "\u0004", "\u001b"];
const ENTER: readonly string[] = ["\r", "\n"];
const BACK: readonly string[] = ["\u0008", "\u007f"];

/** Keys of a terminal, without Enter after each. */
export function terminalKeys(out: TextSink): Keys {
  const { stdin } = process;
  const waiting: ((text: string | undefined) => void)[] = [];
  const typed: string[] = [];
  let isOver = false;
  const take = (chunk: Buffer) => {
    // An arrow or a function key is one chunk that begins with Escape: no key of ours.
    const text = chunk.toString();
    if (text.length > 1 && text.startsWith("\u001b")) return;
    for (const one of text) {
      const next = waiting.shift();
      if (next === undefined) typed.push(one);
      else next(one);
    }
  };
  const end = () => {
    isOver = true;
    for (const next of waiting.splice(0)) next(undefined);
  };
  stdin.setRawMode(true);
  stdin.on("data", take);
  stdin.on("end", end);
  stdin.resume();
  const next = async (): Promise<string | undefined> => {
    const kept = typed.shift();
    if (kept !== undefined || isOver) return kept;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    waiting.push(resolve);
    return await promise;
  };
  return {
    key: async () => {
      const key = await next();
      if (key === undefined || ENDS.includes(key)) return undefined;
      return ENTER.includes(key) ? "enter" : key;
    },
    line: async (prompt) => {
      await out.write(prompt);
      let text = "";
      for (;;) {
        const key = await next();
        if (key === undefined || ENDS.includes(key)) return undefined;
        if (ENTER.includes(key)) return text.trim();
        if (BACK.includes(key)) {
          if (text !== "") await out.write("\b \b");
          text = Array.from(text).slice(0, -1).join("");
        } else if (key >= " ") {
          text += key;
          await out.write(key);
        }
      }
    },
    close: () => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener("data", take);
      stdin.removeListener("end", end);
    },
  };
}

/** Each line is a key: over a pipe, and with `--plain`. */
export function lineKeys(input: TextSource, out: TextSink): Keys {
  return {
    key: async () => {
      const text = await input.line();
      return text === undefined ? undefined : text.trim() === "" ? "enter" : text.trim();
    },
    line: async (prompt) => {
      await out.write(`${prompt}\n`);
      return (await input.line())?.trim();
    },
    close: () => {},
  };
}
