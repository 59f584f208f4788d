// The baseline as a program: one step for each process, or a session that reads a step for each line and answers a line.
// Arguments: place, then the name of a step and its input as JSON, or `session`.
import type { Baseline } from "./baseline.ts";

type StepInput<K extends "claim" | "note" | "plan" | "finish"> = Parameters<Baseline[K]>[0];
/** What the harness gives, which is its only caller. */
type Input = StepInput<"claim"> & StepInput<"note"> & StepInput<"plan"> & StepInput<"finish">;

const [place = "", step = "", input = "{}"] = process.argv.slice(2);
const baseline = await open(place);
if (step === "session") {
  for await (const line of console) {
    if (line === "") break;
    const [name, values] = JSON.parse(line) as [string, Input];
    console.log(JSON.stringify((await take(name, values)) ?? {}));
  }
} else {
  console.log(JSON.stringify((await take(step, JSON.parse(input) as Input)) ?? {}));
}
await baseline.close();

async function open(address: string): Promise<Baseline> {
  if (address.startsWith("postgres:"))
    return await (await import("./postgres-baseline.ts")).postgresBaseline(address);
  return (await import("./sqlite-baseline.ts")).sqliteBaseline(address);
}

async function take(name: string, given: Input): Promise<unknown> {
  switch (name) {
    case "claim":
      return await baseline.claim(given);
    case "note":
      return await baseline.note(given);
    case "plan":
      return await baseline.plan(given);
    case "finish":
      return await baseline.finish(given);
    default:
      throw new Error(`There is no step ${name}`);
  }
}
