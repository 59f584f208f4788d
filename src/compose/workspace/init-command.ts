import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { parsePrefix } from "#domain/ref.ts";
import { answered, defineCommandBody } from "#cli/outside-command.ts";
import type { Settings } from "#operations/ports/store/project-store.ts";
import { becomeStrict, PROOF, requireProof } from "#operations/unproven-person.ts";
import { openStore } from "#store/open-store.ts";
import { localPerson } from "#compose/find-caller.ts";
import { mainWorktree, namedPlace, WORKSPACE_FILE } from "#compose/find-workspace.ts";
import { proofAt } from "#compose/machine-parts.ts";
import { dataDir } from "#compose/places.ts";
import { saveProfile, trust } from "#compose/user-settings.ts";

/** Makes a workspace, or says that it is there. */
export const initCommand = defineCommandBody({
  input: z.object({
    prefix: z.string().optional().describe("Prefix of item refs, 1 to 10 letters or digits; default OB"),
    global: z
      .boolean()
      .default(false)
      .describe("Make the workspace of this user instead of one beside the code"),
  }),
  run: async (call, { prefix, global }) => {
    const { globals, surroundings } = call;
    const { env, cwd } = surroundings;
    const wanted = prefix === undefined ? undefined : parsePrefix(prefix);
    const caller = localPerson(call, "init", "makes a workspace");
    const place = placeFor({ workspace: globals.workspace, global, cwd, env });
    const created = prepare(place);
    const store = await openStore({ place, create: true });
    try {
      const isNew = created && (await store.projects.list({})).length === 0;
      // Where nobody sits at a terminal a script goes on, which strict would stop.
      if (isNew && caller.auth === "tty") await becomeStrict({ store, caller });
      // One that is there may ask for more than a word.
      if (wanted !== undefined && !isNew)
        await requireProof({ caller, store, proof: proofAt(surroundings) }, "change its prefix");
      if (wanted !== undefined) await store.projects.setSetting({ by: caller, key: "prefix", value: wanted });
      const settings = await store.projects.settings();
      trust(env, place);
      if (global || globals.profile !== undefined) saveProfile(env, globals.profile ?? "default", place);
      const { prefix: used, authority } = settings;
      const answer = { workspace: { url: store.place, prefix: used, authority, created } };
      return await answered(call, answer, sentence(answer.workspace));
    } finally {
      await store.close();
    }
  },
});

function placeFor({
  workspace,
  global,
  cwd,
  env,
}: {
  workspace: string | undefined;
  global: boolean;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}): string {
  if (workspace !== undefined) return namedPlace(workspace, cwd);
  return global ? join(dataDir(env), "workspace.db") : join(mainWorktree(cwd) ?? cwd, WORKSPACE_FILE);
}

/** Makes the folder of a file; `.sluice/` keeps itself out of commits. Answers whether the workspace is new. */
function prepare(place: string): boolean {
  if (/^postgres(ql)?:\/\//.test(place)) return true;
  const folder = dirname(place);
  if (place.endsWith(WORKSPACE_FILE) || folder.endsWith("sluice")) mkdirSync(folder, { recursive: true });
  if (place.endsWith(WORKSPACE_FILE) && !existsSync(join(folder, ".gitignore")))
    writeFileSync(join(folder, ".gitignore"), "*\n");
  return !existsSync(place);
}

interface Made {
  readonly url: string;
  readonly prefix: string;
  readonly authority: Settings["authority"];
  readonly created: boolean;
}

function sentence({ url, prefix, authority, created }: Made): string {
  const found = `${created ? "Made" : "Found"} the workspace ${url} (items are ${prefix}-1, ${prefix}-2, …)\n`;
  const next = "Next: sluice repo add PATH… --project-each --import\n";
  return `${found}${AUTHORITY[authority]}\n${created ? next : ""}`;
}

const AUTHORITY = {
  strict: `It is strict: what only a person may do needs ${PROOF}. For scripts: sluice config set authority open`,
  confirmed: "It is confirmed: what only a person may do needs the passphrase or the key of this workspace",
  open: "It is open: --as human:NAME needs no proof. To require proof: sluice config set authority strict",
} as const satisfies Record<Settings["authority"], string>;
