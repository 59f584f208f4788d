#!/usr/bin/env node
// Runs Bun from a bare clone: installs the locked packages when they are missing or stale, then hands over.
//   node scripts/run.mjs --install        only installs
//   node scripts/run.mjs FILE ARGS...     installs, then runs FILE with Bun in the project's folder
// Built-ins only: it must run before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const bun = join(modules, ".bin", "bun");
const checked = join(modules, ".checked");
const lock = join(root, ".install.lock");
const lockPollMs = 200;

function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** npm writes its hidden lock file when an install is complete: it must hold what package-lock.json asks for. */
function isInstalled() {
  // A linked folder belongs to another checkout: it is used as it is.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  const hidden = join(modules, ".package-lock.json");
  if (!existsSync(bun) || !existsSync(hidden)) return false;
  const wanted = readPackages(join(root, "package-lock.json"));
  const found = readPackages(hidden);
  return Object.entries(wanted).every(
    ([path, { optional, version }]) =>
      path === "" || (path in found ? found[path].version === version : optional === true),
  );
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** The lock is linked into place with its holder in it: an empty one would look like one whose holder died. */
function tryToLock() {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    breakStaleLock();
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function breakStaleLock() {
  const taken = `${lock}.${process.pid}.stale`;
  try {
    if (isAlive(Number(readFileSync(lock, "utf8")))) return;
    renameSync(lock, taken);
    // Between the look and the rename another start may have broken the stale lock and taken a new one.
    if (isAlive(Number(readFileSync(taken, "utf8")))) linkSync(taken, lock);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

/** Two `npm ci` at once tear each other's tree down: one installs, the others wait for it. */
async function installOnce() {
  while (!tryToLock()) await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  try {
    return isInstalled() ? 0 : install();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Bun is a development dependency and has an install script, so both are asked for whatever the machine's settings say. */
function install() {
  console.error("Installing packages (npm ci) ...");
  const npm = process.env.npm_execpath;
  const [command, before] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const flags = [
    "ci",
    "--include=dev",
    "--ignore-scripts=false",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  // npm's own lines go to stderr, so that stdout stays the program's.
  const npmCi = spawnSync(command, [...before, ...flags], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npmCi.status !== 0) {
    console.error("npm ci failed. The lines above say why.");
    return npmCi.status || 1;
  }
  return 0;
}

function handOver(args) {
  const child = spawn(bun, args, { stdio: "inherit", cwd: root });
  child.on("error", (error) => {
    console.error(error.message);
    process.exit(127);
  });
  // A terminal's Ctrl-C reaches the whole group by itself: forwarding it too would deliver it twice.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const status = isInstalled() ? 0 : await installOnce();
if (status !== 0) process.exit(status);
// bin/sluice asks again only when package-lock.json is newer than this file. Where nothing may be written, as in a run's box, each time.
try {
  writeFileSync(checked, "");
} catch (error) {
  if (!["EROFS", "EACCES", "EPERM"].includes(error.code)) throw error;
}
const args = process.argv.slice(2);
if (args[0] !== "--install") handOver(args);
