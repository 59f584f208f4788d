// Stands in for git: writes down how it was called, then runs the real one. Arguments: record file, git program, git's own arguments.
import { appendFileSync } from "node:fs";
import type { GitCall } from "./git-calls.ts";

const [record = "", program = "git", ...args] = process.argv.slice(2);
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && /^(GIT_|HOME$)/.test(name) ? [[name, value]] : [],
  ),
);
const stdin = new Uint8Array(await Bun.stdin.arrayBuffer());
const call: GitCall = { cwd: process.cwd(), args, env, stdin: Buffer.from(stdin).toString("base64") };
appendFileSync(record, `${JSON.stringify(call)}\n`);
const child = Bun.spawn([program, ...args], { stdin, stdout: "inherit", stderr: "inherit" });
process.exit(await child.exited);
