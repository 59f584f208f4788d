import { closeSync, openSync, read, readdirSync, readFileSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { promisify } from "node:util";
import { z } from "zod";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { cutCells, safeLine } from "#cli/present/fit.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import type { ProofPort } from "#operations/ports/proof.ts";
import {
  isSignedBy,
  isTouched,
  KEY_FORMS,
  NAMESPACE,
  type PublicKey,
  readPublicKey,
} from "./ssh-signature.ts";

type Env = Surroundings["env"];

/** What is kept: a slow, salted hash of the passphrase, or the public key. */
const Kept = z.union([
  z.strictObject({ passphrase: z.string() }),
  z.strictObject({ public_key: z.string() }),
]);

/** NIST SP 800-63B asks for 8 where guesses are counted; nobody counts those of a stolen file. */
const LEAST_CHARACTERS = 12;
/** Enough of a command line to know it again. */
const WHAT_CELLS = 60;
const NONCE_BYTES = 32;

/** Asks at the terminal that controls this process, never on standard input: a program that feeds it cannot answer. */
export function terminalProof({ argv, env }: Pick<Surroundings, "argv" | "env">): ProofPort {
  const command = cutCells(safeLine(`sluice ${argv.join(" ")}`), WHAT_CELLS);
  return {
    ask: async (text) => {
      const kept = Kept.parse(JSON.parse(text));
      if ("public_key" in kept) return await signs(keyOf(kept.public_key), command, env);
      const [typed = ""] = await askHidden([`${command}: passphrase of this workspace: `]);
      return await Bun.password.verify(typed.normalize("NFC"), kept.passphrase);
    },
    choose: async (publicKey) => {
      if (publicKey === undefined) return JSON.stringify({ passphrase: await newPassphrase() });
      const key = keyOf(publicKey);
      refuseOpenKey(key, env);
      if (!(await signs(key, command, env)))
        throw new SluiceError("invalid", "The key did not sign: nothing was changed", {
          hint: "Try it: ssh-keygen -Y sign -n sluice -f KEY",
        });
      return JSON.stringify({ public_key: `${key.kind} ${key.blob.toString("base64")}` });
    },
  };
}

async function newPassphrase(): Promise<string> {
  const [first = "", second] = await askHidden(["New passphrase of this workspace: ", "Once more: "]);
  const typed = first.normalize("NFC");
  if (Array.from(typed).length < LEAST_CHARACTERS)
    throw new SluiceError("invalid", `The passphrase is shorter than ${LEAST_CHARACTERS} characters`, {
      hint: "Nothing was changed: run it again",
    });
  if (first !== second)
    throw new SluiceError("invalid", "The two passphrases differ", {
      hint: "Nothing was changed: run it again",
    });
  return await Bun.password.hash(typed, "argon2id");
}

/** The lines that are typed in answer, without showing them. Refuses with `denied` where no terminal can be asked. */
async function askHidden(questions: readonly string[]): Promise<readonly string[]> {
  return await atTerminal(async (fd) => {
    // For its mode alone: a stream that reads would go on reading, also what is typed for whatever asks next.
    const terminal = new ReadStream(fd);
    terminal.setRawMode(true);
    try {
      const answers: string[] = [];
      let rest = "";
      for (const question of questions) {
        writeSync(fd, question);
        while (!END.test(rest)) rest += await typed(fd);
        const at = END.exec(rest)?.index ?? 0;
        answers.push(erased(rest.slice(0, at)));
        rest = rest.slice(at + 1);
        writeSync(fd, "\r\n");
      }
      return answers;
    } finally {
      terminal.setRawMode(false);
    }
  });
}

const END = /[\r\n]/;
/** Ctrl-C and Ctrl-D. */
const GIVEN_UP = ["\u0003", "\u0004"];

/** What is typed next. Refuses with `denied` who gives up, or goes away. */
async function typed(fd: number): Promise<string> {
  const { bytesRead, buffer } = await readFrom(fd, { buffer: Buffer.alloc(1_024) });
  const text = buffer.toString("utf8", 0, bytesRead);
  if (bytesRead > 0 && !GIVEN_UP.some((key) => text.includes(key))) return text;
  throw new SluiceError("denied", "No proof was given: nothing was changed", { hint: "Run it again" });
}

const readFrom = promisify(read);

/** What is left of a line after its own corrections: backspace takes a character away, Ctrl-U all of them. */
function erased(line: string): string {
  const kept: string[] = [];
  for (const character of line) {
    if (character === "\u007f" || character === "\b") kept.pop();
    else if (character === "\u0015") kept.length = 0;
    else kept.push(character);
  }
  return kept.join("");
}

async function atTerminal<T>(work: (fd: number) => Promise<T>): Promise<T> {
  let fd: number;
  try {
    fd = openSync("/dev/tty", "r+");
  } catch (error) {
    throw new SluiceError("denied", "There is no terminal at which a person could be asked", {
      hint: "Do it at a terminal of your own",
      cause: error,
    });
  }
  try {
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}

function keyOf(line: string): PublicKey {
  const key = readPublicKey(line);
  if (key !== undefined) return key;
  throw invalidField(
    "publicKey",
    cutCells(safeLine(line), WHAT_CELLS),
    `a public key of OpenSSH: ${KEY_FORMS}`,
  );
}

/** A key that any program of the account could use proves nobody. */
function refuseOpenKey(key: PublicKey, env: Env): void {
  if (isTouched(key)) return;
  const opened = keygen(["-y", "-P", "", "-f", fileOf(key, env)], env, { stdin: "ignore", stderr: "ignore" });
  if (opened.exitCode !== 0) return;
  throw new SluiceError("invalid", "The key has no passphrase: every program of your account could use it", {
    hint: "Give it one (ssh-keygen -p -f KEY), or make one on a security key (ssh-keygen -t ed25519-sk)",
  });
}

/** Whether the person unlocks, or touches, the key for this one command. No agent of keys is asked: it would sign for any program. */
async function signs(key: PublicKey, command: string, env: Env): Promise<boolean> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const message = Buffer.concat([nonce, Buffer.from(command)]);
  return await atTerminal(async (fd) => {
    writeSync(fd, `${command}: ${isTouched(key) ? "touch" : "unlock"} the key of this workspace\n`);
    const argv = ["-Y", "sign", "-n", NAMESPACE, "-f", fileOf(key, env)];
    const { exitCode, stdout } = keygen(argv, env, { stdin: message, stderr: fd });
    return exitCode === 0 && isSignedBy(key, stdout?.toString() ?? "", message);
  });
}

function keygen(
  argv: readonly string[],
  { PATH, HOME, SSH_SK_PROVIDER }: Env,
  streams: { readonly stdin: "ignore" | Uint8Array; readonly stderr: "ignore" | number },
) {
  return Bun.spawnSync(["ssh-keygen", ...argv], { ...streams, env: { PATH, HOME, SSH_SK_PROVIDER } });
}

/** The private half, beside its `.pub` in `~/.ssh`. */
function fileOf({ blob }: PublicKey, env: Env): string {
  const folder = join(env["HOME"] ?? homedir(), ".ssh");
  const found = publicKeysIn(folder).find((name) => {
    const own = readPublicKey(readFileSync(join(folder, name), "utf8"));
    return own?.blob.equals(blob) === true;
  });
  if (found !== undefined) return join(folder, found.slice(0, -".pub".length));
  throw new SluiceError("not_found", `The workspace's key is not in ${folder}`, {
    hint: "Put both its files there, such as id_ed25519_sk and id_ed25519_sk.pub",
  });
}

function publicKeysIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".pub"));
  } catch {
    return [];
  }
}
