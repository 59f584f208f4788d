import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const LOCK = JSON.stringify({ packages: { "": {}, "node_modules/one": { version: "1.0.0" } } });
/** Tells what it was started with, as one line of JSON. */
const MAIN = `
const stdin = await Bun.stdin.text();
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), stdin, env: process.env.PLANTED }));
process.exitCode = 7;
`;

export interface BareClone {
  /** A temporary folder around the clone, for links and callers' folders. */
  readonly dir: string;
  readonly root: string;
  /** Puts a folder that holds Bun alone in place of the packages, by a symbolic link. */
  readonly linkPackages: () => void;
  /** A program in npm's place that installs without a network: `npm ci` ends with this code after writing the tree. */
  readonly installNpm: (exitCode: number) => string;
  readonly remove: () => void;
}

/** The starting scripts of this repository with a `src/main.ts` that tells what it was started with. */
export function makeBareClone(): BareClone {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "sluice-clone-")));
  const root = join(dir, "a clone");
  for (const path of ["bin/sluice", "scripts/run.mjs", "bunfig.toml"])
    cpSync(join(ROOT, path), join(root, path));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "package-lock.json"), LOCK);
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/main.ts"), MAIN);
  return {
    dir,
    root,
    linkPackages: () => linkPackages(dir, root),
    installNpm: (exitCode) => writeNpm(dir, exitCode),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Never the real packages: a start script that is wrong would install into them. */
function linkPackages(dir: string, root: string): void {
  const bin = join(dir, "packages/bun/bin");
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(dir, "packages/.bin"));
  symlinkSync(process.execPath, join(bin, "bun.exe"));
  symlinkSync(process.execPath, join(dir, "packages/.bin/bun"));
  symlinkSync(join(dir, "packages"), join(root, "node_modules"));
}

function writeNpm(dir: string, exitCode: number): string {
  const npm = join(dir, "npm/npm");
  mkdirSync(dirname(npm), { recursive: true });
  const script = `#!/bin/sh
echo ci >> "${join(dir, "npm/calls")}"
echo a line of npm
sleep 0.5 # longer than a start waits before it looks at the lock again
[ ${exitCode} = 0 ] || exit ${exitCode}
mkdir -p node_modules/.bin node_modules/bun/bin
ln -s "${process.execPath}" node_modules/.bin/bun
ln -s "${process.execPath}" node_modules/bun/bin/bun.exe
cp package-lock.json node_modules/.package-lock.json
`;
  writeFileSync(npm, script);
  chmodSync(npm, 0o755);
  return dirname(npm);
}
