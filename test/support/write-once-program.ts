// One write by a process of its own: `bun write-once-program.ts PLACE`. Says the code of its refusal, or `written`.
import { SluiceError } from "#domain/errors.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { openStore } from "#store/open-store.ts";
import { human } from "./stores.ts";

const spec = { ...EMPTY_SPEC, problem: "word ".repeat(20_000) };

async function write(place: string): Promise<string> {
  const store = await openStore({ place, patienceMs: 500 });
  try {
    const project = await store.projects.get({ alias: "app" });
    await store.items.add({ by: human(), item: { projectId: project.id, title: "One more", spec } });
    return "written";
  } finally {
    await store.close();
  }
}

try {
  console.log(JSON.stringify(await write(process.argv[2] ?? "")));
} catch (error) {
  console.log(error instanceof SluiceError ? JSON.stringify(error) : error);
  process.exitCode = 1;
}
