import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { extname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

/** Whether the person who runs the tests has named this agent in `SLUICE_SKIP_AGENTS` (a list with commas). */
export function isSkipped(agent: string): boolean {
  return (process.env["SLUICE_SKIP_AGENTS"] ?? "").split(",").includes(agent);
}

/**
 * Installs one npm package of exactly this version into a cache folder, once per machine, and gives the path of `file`
 * in it. No install script runs. Safe when several test runs do it at once: each installs beside, the first one's is
 * moved into place.
 */
export function installAgent(packageName: string, version: string, file: string): string {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluice-test-agents");
  const home = join(cache, `${packageName.replaceAll("/", "+")}@${version}`);
  const program = join(home, "node_modules", packageName, file);
  if (existsSync(program)) return program;
  const beside = join(cache, `new-${crypto.randomUUID()}`);
  mkdirSync(beside, { recursive: true });
  try {
    npmInstall(beside, `${packageName}@${version}`);
    moveInto(beside, home);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return program;
}

/** As `installAgent`, where the package holds the program compressed by Brotli as `file`, and a script that we do not run unpacks it. */
export function installPackedAgent(packageName: string, version: string, file: string): string {
  const packed = installAgent(packageName, version, file);
  const program = packed.slice(0, -extname(packed).length);
  if (existsSync(program)) return program;
  const beside = `${program}-${crypto.randomUUID()}`;
  writeFileSync(beside, brotliDecompressSync(readFileSync(packed)), { mode: 0o755 });
  renameSync(beside, program);
  return program;
}

function npmInstall(folder: string, spec: string): void {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--no-save"];
  const npm = spawnSync("npm", ["install", ...flags, "--prefix", folder, spec], {
    cwd: folder,
    encoding: "utf8",
  });
  if (npm.status !== 0) throw new Error(`npm could not install ${spec}:\n${npm.stderr}`);
}

function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another test run was faster.
    if (!existsSync(join(to, "node_modules"))) throw error;
  }
}
