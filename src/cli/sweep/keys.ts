import { read } from "node:fs";
import { promisify } from "node:util";
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

const GONE = { bytesRead: 0, buffer: Buffer.alloc(0) } as const;
const readFrom = promisify(read);

/**
 * Keys of a terminal, without Enter after each. Read only while one is waited for: what asks the person meanwhile, an editor or a proof,
 * has the terminal for itself.
 */
export function terminalKeys(out: TextSink): Keys {
  const { stdin } = process;
  const decoder = new TextDecoder();
  const typed: string[] = [];
  stdin.setRawMode(true);
  const next = async (): Promise<string | undefined> => {
    while (typed.length === 0) {
      // A terminal that is gone has no more keys.
      const { bytesRead, buffer } = await readFrom(stdin.fd, { buffer: Buffer.alloc(1_024) }).catch(
        () => GONE,
      );
      if (bytesRead === 0) return undefined;
      const text = decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      // An arrow or a function key is one chunk that begins with Escape: no key of ours.
      if (text.length === 1 || !text.startsWith("\u001b")) typed.push(...Array.from(text));
    }
    return typed.shift();
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
