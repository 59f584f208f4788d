import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { human, openTestStore, STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "../..");
const words = ["item", "add", "-t", "Once only", "-p", "app", "--idempotency-key", "k", "--json"];

/** Starts the program and kills it, without mercy, as soon as it says that it came this far. */
async function killedAt(place: string, halt: "written" | "committed"): Promise<void> {
  const input = JSON.stringify({ place, key: "k", halt });
  const program = Bun.spawn({
    cmd: [process.execPath, join(import.meta.dir, "halting-program.ts"), input],
    cwd: ROOT,
    stdout: "pipe",
  });
  const { value } = await program.stdout.getReader().read();
  program.kill("SIGKILL");
  await program.exited;
  expect(new TextDecoder().decode(value).trim()).toBe(halt);
  expect(program.signalCode).toBe("SIGKILL");
}

/** The same call by the command line, as a person or a script would try again. */
async function again(place: string, home: string): Promise<unknown> {
  const program = Bun.spawn({
    cmd: [process.execPath, join(ROOT, "src/main.ts"), ...words, "-w", place],
    env: { HOME: home, SLUICE_ACTOR: "human:ada" },
    cwd: home,
    stdout: "pipe",
    stderr: "inherit",
  });
  const answer: unknown = await new Response(program.stdout).json();
  expect(await program.exited).toBe(0);
  return answer;
}

test.each(
  STORE_KINDS.flatMap((kind) => (["written", "committed"] as const).map((halt) => [kind, halt] as const)),
)("DU9 on %s a process killed when it had %s, and called again, has one effect", async (kind, halt) => {
  const workspace = await openTestStore(kind);
  try {
    const { store, place, home } = workspace;
    await store.projects.add({ by: human(), alias: "app", name: "App" });
    await killedAt(place, halt);
    const answers = [await again(place, home), await again(place, home)];
    const { items } = await store.items.list({ filter: {}, page: { limit: 10 } });
    expect(items.map(({ title }) => title)).toEqual(["Once only"]);
    expect(answers[0]).toMatchObject({ item: { ref: `OB-${items[0]?.id}` } });
    expect(answers[1]).toEqual(answers[0]);
  } finally {
    await workspace.close();
  }
});
