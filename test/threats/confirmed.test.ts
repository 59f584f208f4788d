import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isSignedBy, readPublicKey } from "#compose/proof/ssh-signature.ts";
import { openStore } from "#store/open-store.ts";
import { refusal } from "#test/refusal.ts";
import { human } from "#test/stores.ts";
import { askedAtTerminal, atTerminal } from "#test/terminal.ts";
import { type CliBench, openCliBench } from "../e2e/cli-bench.ts";

const BIN = join(import.meta.dir, "..", "..", "bin");
const DENIED = 6;
const INVALID = 2;
const WORDS = "correct horse battery";
const ASKS = "passphrase of this workspace: ";

// Each starts a dozen programs, and hashes slowly.
setDefaultTimeout(60_000);

let bench: CliBench;
beforeAll(async () => {
  bench = await openCliBench();
});
beforeEach(() => set("strict"));
afterAll(() => bench[Symbol.dispose]());

const place = () => ({
  cwd: bench.repository,
  env: { ...bench.env, PATH: `${BIN}:${process.env["PATH"] ?? ""}` },
});
const asked = (command: string, ...talk: readonly (readonly [string, string])[]) =>
  askedAtTerminal(command, place(), talk);
const choose = (...typed: readonly (readonly [string, string])[]) =>
  asked("sluice config set authority confirmed", ...typed);
const authority = async (): Promise<string> =>
  (await bench.sluice("config", "get", "authority")).stdout.trim();
/** Past the command line. The hash is made to be quick. */
async function set(value: "strict" | "confirmed", proof?: string): Promise<void> {
  const store = await openStore({ place: bench.workspace });
  try {
    await store.projects.setSetting({ by: human(), key: "authority", value, proof });
  } finally {
    await store.close();
  }
}
async function confirmed(): Promise<void> {
  const passphrase = await Bun.password.hash(WORDS, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
  await set("confirmed", JSON.stringify({ passphrase }));
}
const kept = async (): Promise<string | undefined> => {
  const store = await openStore({ place: bench.workspace });
  try {
    return await store.projects.proof();
  } finally {
    await store.close();
  }
};

test("TH17 a confirmed workspace asks for its passphrase each time, at the terminal alone", async () => {
  const made = await choose(["New passphrase of this workspace: ", WORDS], ["Once more: ", WORDS]);
  expect([made.code, made.text.includes(WORDS)]).toEqual([0, false]);
  expect([await authority(), (await kept())?.slice(0, 28)]).toEqual([
    "confirmed",
    '{"passphrase":"$argon2id$v=1',
  ]);
  for (const command of ["sluice pause", "sluice item add -t Mine -p app --lane autonomous_safe"]) {
    expect([command, (await asked(command, [ASKS, WORDS])).code]).toEqual([command, 0]);
    expect([command, (await asked(command, [ASKS, "another one of them"])).code]).toEqual([command, DENIED]);
    // Ctrl-C, and Ctrl-D.
    expect([command, (await asked(command, [ASKS, "\u0003"])).code]).toEqual([command, DENIED]);
    expect([command, (await asked(command, [ASKS, "\u0004"])).code]).toEqual([command, DENIED]);
    // Neither what stands on standard input nor a file answers, and nobody is asked without a terminal.
    expect(atTerminal(`yes '${WORDS}' | setsid -w ${command} 2>&1`, place()).code).toBe(DENIED);
    expect((await bench.call(command.split(" ").slice(1), { stdin: `${WORDS}\n` })).code).toBe(DENIED);
  }
  // Where output is a file the question stands on the terminal all the same.
  expect((await asked(`sluice pause --json > ../out`, [ASKS, WORDS])).code).toBe(0);
  // What agents and readers may do asks for nothing.
  expect(atTerminal("sluice status >/dev/null && sluice propose -t Wish -p app", place()).code).toBe(0);
  const log = await bench.sluice("log", "--json");
  expect(log.stdout).toContain('"auth":"confirmed"');
  expect(log.stdout).not.toContain("argon2");
});

test("TH17 what is about the account or a whole workspace asks for it as well", async () => {
  await confirmed();
  const backup = join(bench.home, "backup.db");
  expect((await bench.sluice("backup", backup)).code).toBe(0);
  for (const command of [
    "sluice trust .",
    // Naming another workspace changes nothing.
    `sluice trust . -w ${join(bench.home, "other.db")}`,
    "sluice setup codex --user --yes",
    `sluice copy ${bench.workspace} ${join(bench.home, "copied.db")}`,
    `sluice restore ${backup} --to ${join(bench.home, "restored.db")}`,
    "sluice init --prefix NEW",
    "sluice token create --as ai:helper --role agent",
  ]) {
    expect([command, (await asked(command, [ASKS, "wrong"])).code]).toEqual([command, DENIED]);
    expect([command, (await asked(command, [ASKS, WORDS])).code]).toEqual([command, 0]);
  }
});

test("TH18 the proof is chosen at a terminal, and replaced or given up with the old one alone", async () => {
  await confirmed();
  const before = await kept();
  const short = await choose(
    [ASKS, WORDS],
    ["New passphrase of this workspace: ", "short"],
    ["Once more: ", "short"],
  );
  expect([short.code, short.text.includes("shorter than 12 characters")]).toEqual([INVALID, true]);
  const differ = await choose(
    [ASKS, WORDS],
    ["New passphrase of this workspace: ", WORDS],
    ["Once more: ", `${WORDS} staple`],
  );
  expect([differ.code, differ.text.includes("differ")]).toEqual([INVALID, true]);
  expect((await choose([ASKS, "wrong"])).code).toBe(DENIED);
  expect((await asked("sluice config set authority open", [ASKS, "wrong"])).code).toBe(DENIED);
  expect((await bench.sluice("config", "set", "authority", "open")).code).toBe(DENIED);
  expect(await kept()).toBe(before);
  const next = "staple of a horse";
  // The first try was mistyped, and corrected by Ctrl-U and backspace.
  const typed = `wrong\u0015${next}x\u007f`;
  expect(
    (await choose([ASKS, WORDS], ["New passphrase of this workspace: ", typed], ["Once more: ", next])).code,
  ).toBe(0);
  expect((await asked("sluice pause", [ASKS, WORDS])).code).toBe(DENIED);
  expect((await asked("sluice config set authority strict", [ASKS, next])).code).toBe(0);
  expect([await authority(), await kept()]).toEqual(["strict", undefined]);
  expect((await bench.sluice("config", "set", "authority", "confirmed")).code).toBe(DENIED);
});

test("TH18 a key that any program could use is refused; one with a passphrase signs each command anew", async () => {
  const ssh = join(bench.home, ".ssh");
  mkdirSync(ssh, { mode: 0o700 });
  const key = join(ssh, "id_sluice");
  const make = (passphrase: string) =>
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-f", key, "-N", passphrase], {
      stdin: "ignore",
    });
  const ask = `sluice config set authority confirmed --public-key ${key}.pub`;
  make("");
  const open = await asked(ask);
  expect([open.code, open.text.includes("The key has no passphrase")]).toEqual([INVALID, true]);
  rmSync(key);
  rmSync(`${key}.pub`);
  make(WORDS);
  const unlock = "Enter passphrase";
  const made = await asked(ask, [unlock, WORDS]);
  expect([made.code, made.text.includes("unlock the key of this workspace")]).toEqual([0, true]);
  expect((await asked("sluice pause", [unlock, WORDS])).code).toBe(0);
  expect((await asked("sluice pause", [unlock, "wrong"], [unlock, ""], [unlock, ""])).code).toBe(DENIED);
  // A program of that name that says yes to everything, before the real one.
  bench.write("../yes/ssh-keygen", "#!/bin/sh\ncat >/dev/null\n");
  expect((await asked(`chmod +x ../yes/ssh-keygen; PATH="$PWD/../yes:$PATH" sluice pause`)).code).toBe(
    DENIED,
  );
  // A key for any other authority is a mistake.
  expect((await asked(ask.replace("confirmed", "strict"), [unlock, WORDS])).code).toBe(INVALID);
  expect((await asked("sluice config set authority strict", [unlock, WORDS])).code).toBe(0);
});

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const text = (words: string): Buffer => field(Buffer.from(words));
const sha = (name: string, bytes: Buffer): Buffer => createHash(name).update(bytes).digest();

/** A security key of software: what a real one sends to `ssh-keygen`, with or without a touch. */
function device(kind: "ed25519" | "ecdsa") {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } =
    kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = pair.publicKey.export({ format: "jwk" });
  const bytes = (part: string) => Buffer.from(part, "base64url");
  const name = kind === "ed25519" ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  const parts = kind === "ed25519" ? [field(bytes(x))] : [text("nistp256"), field(point)];
  const blob = Buffer.concat([text(name), ...parts, text("ssh:")]);
  return {
    line: `${name} ${blob.toString("base64")} ada@host`,
    sign: (message: Buffer, flags: number, namespace = "sluice"): string => {
      const said = [text(namespace), text(""), text("sha512")];
      const signed = Buffer.concat([Buffer.from("SSHSIG"), ...said, field(sha("sha512", message))]);
      const told = Buffer.from([flags, 0, 0, 0, 7]);
      const whole = Buffer.concat([sha("sha256", Buffer.from("ssh:")), told, sha("sha256", signed)]);
      const value =
        kind === "ed25519"
          ? sign(null, whole, pair.privateKey)
          : numbers(sign("sha256", whole, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }));
      const signature = Buffer.concat([text(name), field(value), told]);
      const version = Buffer.from([0, 0, 0, 1]);
      const all = Buffer.concat([Buffer.from("SSHSIG"), version, field(blob), ...said, field(signature)]);
      return `-----BEGIN SSH SIGNATURE-----\n${all.toString("base64")}\n-----END SSH SIGNATURE-----\n`;
    },
  };
}

const numbers = (points: Buffer): Buffer =>
  Buffer.concat(
    [points.subarray(0, 32), points.subarray(32)].map((one) => field(Buffer.concat([Buffer.alloc(1), one]))),
  );

test.each(["ed25519", "ecdsa"] as const)(
  "TH18 a key on a device (%s) proves a person only when touched",
  (kind) => {
    const { line, sign: signWith } = device(kind);
    const key = readPublicKey(line);
    if (key === undefined) throw new Error(line);
    const message = Buffer.from("sluice pause");
    expect(isSignedBy(key, signWith(message, 1), message)).toBe(true);
    expect(isSignedBy(key, signWith(message, 0), message)).toBe(false);
    expect(isSignedBy(key, signWith(message, 1), Buffer.from("sluice resume"))).toBe(false);
    expect(isSignedBy(key, signWith(message, 1, "git"), message)).toBe(false);
    expect(isSignedBy(key, device(kind).sign(message, 1), message)).toBe(false);
    for (const other of [
      "",
      "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
      signWith(message, 1).slice(0, 200),
    ])
      expect(isSignedBy(key, other, message)).toBe(false);
  },
);

test("TH18 no workspace asks for a proof that nobody has given it", async () => {
  expect((await refusal(set("confirmed"))).code).toBe("invalid");
  expect((await refusal(set("strict", "{}"))).code).toBe("invalid");
});
