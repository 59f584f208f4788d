// Plays `gh`: `bun gh-program.ts ANSWERS CALLS ARG…`.
import { appendFileSync, readFileSync } from "node:fs";
import { z } from "zod";

const Answers = z.record(
  z.string(),
  z.object({ exit: z.int().optional(), stdout: z.string().optional(), stderr: z.string().optional() }),
);

const [, , answersFile = "", callsFile = "", ...args] = process.argv;
const stdin = args.some((arg) => arg.endsWith("-file=-")) ? await Bun.stdin.text() : "";
appendFileSync(callsFile, `${JSON.stringify({ args, stdin, env: process.env, cwd: process.cwd() })}\n`);
const answers = Answers.parse(JSON.parse(readFileSync(answersFile, "utf8")));
const answer = answers[args.slice(0, 2).join(" ")] ?? answers[args[0] ?? ""];
process.stdout.write(answer?.stdout ?? "");
process.stderr.write(answer?.stderr ?? (answer === undefined ? "no such answer" : ""));
process.exitCode = answer === undefined ? 1 : (answer.exit ?? 0);
