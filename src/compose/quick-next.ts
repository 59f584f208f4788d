import { existsSync } from "node:fs";
import { formatRef } from "#domain/ref.ts";
import { itemCard } from "#operations/item/card-of.ts";
import { quickPeek } from "#store/sqlite/quick-peek.ts";
import { namedPlace } from "./named-place.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Variables that change nothing of what is next. */
const HARMLESS: ReadonlySet<string> = new Set(["SLUICE_WORKSPACE", "SLUICE_STATE_DIR"]);

/**
 * What `sluice next --json` prints of a workspace that is named and is a file: prompts, hooks and loops ask it again and again, and
 * most of a whole program's time would be its start. Holds no rule and refuses nothing: undefined where anything is unusual, and the
 * whole program looks again.
 */
export function quickNext(argv: readonly string[], env: Env, cwd: string): string | undefined {
  const place = namedFile(argv, env, cwd);
  if (place === undefined || !existsSync(place)) return undefined;
  try {
    const next = quickPeek(place);
    if (next === undefined) return undefined;
    const card = itemCard(next.item, next.project, (id) => formatRef(next.prefix, id));
    return `${JSON.stringify({ item: card })}\n`;
  } catch {
    return undefined; // The whole program meets the same, and says what it is.
  }
}

function namedFile(argv: readonly string[], env: Env, cwd: string): string | undefined {
  const [command, json, flag, value, ...more] = argv;
  if (command !== "next" || json !== "--json" || more.length > 0) return undefined;
  if (
    Object.entries(env).some(
      ([name, text]) => name.startsWith("SLUICE_") && text !== "" && !HARMLESS.has(name),
    )
  )
    return undefined;
  const named =
    flag === "--workspace" || flag === "-w"
      ? value
      : flag === undefined
        ? env["SLUICE_WORKSPACE"]
        : undefined;
  return named === undefined || named === "" || named.includes("://") ? undefined : namedPlace(named, cwd);
}
