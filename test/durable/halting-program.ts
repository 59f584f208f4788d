import { z } from "zod";
import { addItem } from "#operations/item/add-item.ts";
import { invoke } from "#operations/invoke.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { openStore } from "#store/open-store.ts";
import { human } from "#test/stores.ts";

const Input = z.object({ place: z.string(), key: z.string(), halt: z.enum(["written", "committed"]) });

/** Adds an item under a key, says how far it came, and goes no further: it is killed there. */
const { place, key, halt } = Input.parse(JSON.parse(process.argv[2] ?? ""));
const store = await openStore({ place });

function stay(): Promise<never> {
  console.log(halt);
  setInterval(() => {}, 60_000);
  return new Promise(() => {});
}

const operation: AnyOperation = {
  ...addItem,
  run: async (context, input) => {
    const answer = await addItem.run(context, input);
    return halt === "written" ? await stay() : answer;
  },
};
const unused = () => Promise.reject(new Error("not needed here"));
await invoke(
  {
    caller: human(),
    store,
    files: { read: unused, write: unused, resolve: (path) => path },
    forge: () => Promise.reject(new Error("no forge here")),
    git: unused,
    todo: unused,
    now: Date.now,
    sleep: unused,
    random: Math.random,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    checkout: unused,
    idempotencyKey: key,
  },
  operation,
  { title: "Once only", project: "app" },
);
await stay();
