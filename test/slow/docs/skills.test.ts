import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "bun:test";

import { SKILLS } from "#compose/setup/setup-files.ts";
import { codeSpans, page, shellBlocks } from "../../docs/pages.ts";

const PROGRAM = join(import.meta.dir, "../../../bin");
/** Some thirty calls of the program, on a loaded machine. */
const TIMEOUT_MS = 90_000;

/** What the commands of a skill name, beside the item in hand. */
const BACKLOG = `git init -q -b main && git config user.name Operator && git config user.email operator@example.invalid
mkdir src && echo x > src/fetch.ts && echo x > src/session.ts && git add . && git commit -qm Start
sluice init && sluice project add App --alias app --check true --human-review && sluice repo add .
sluice item add -t "Check signatures" --lane autonomous_safe && sluice item add -t Second && sluice item add -t Third
sluice propose -t "One more" && sluice propose -t Another`;

type Shell = (script: string, lease?: string) => { readonly exitCode: number; readonly output: string };

function shellIn(root: string): Shell {
  const cwd = join(root, "app");
  mkdirSync(cwd);
  return (script, lease) => {
    const env = {
      PATH: [PROGRAM, process.env["PATH"]].join(delimiter),
      HOME: root,
      USER: "operator",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      SLUICE_STATE_DIR: join(root, "state"),
      ...(lease === undefined ? {} : { SLUICE_LEASE: lease }),
    };
    const ran = Bun.spawnSync(["bash", "--norc", "-ec", script], { cwd, env, stdin: "ignore" });
    return { exitCode: ran.exitCode, output: ran.stdout.toString() + ran.stderr.toString() };
  };
}

/** A new item in an agent's hand, whatever the commands before have ended. */
function takeItem(shell: Shell): { readonly ref: string; readonly lease: string } {
  const { output } = shell(`sluice item add -t "$RANDOM $RANDOM" --lane autonomous_safe --json | tr , '\\n'`);
  const ref = /"ref":"(OB-\d+)"/.exec(output)?.[1] ?? "";
  const lease = /"lease":\{"id":"([^"]+)"/.exec(shell(`sluice claim ${ref} --json`).output)?.[1] ?? "";
  return { ref, lease };
}

/** Commands that a skill gives to the person, not to the agent. */
const PERSON = /^sluice (gate|item (close|edit|drop)|link|verify)/;

test.each(Object.keys(SKILLS))(
  "SU11 every command of %s runs",
  (name) => {
    const skill = page(`skills/${name}/SKILL.md`);
    const spans = codeSpans(skill).filter((one) => one.startsWith("sluice "));
    const root = mkdtempSync(join(tmpdir(), "sluice-skills-"));
    try {
      const shell = shellIn(root);
      expect(shell(BACKLOG)).toMatchObject({ exitCode: 0 });
      const sha = shell("git rev-parse HEAD").output.trim();
      for (const command of [...shellBlocks(skill), ...spans]) {
        const { ref, lease } = takeItem(shell);
        if (command.startsWith("sluice verify"))
          expect(shell("sluice finish --outcome already_satisfied --note so", lease)).toMatchObject({
            exitCode: 0,
          });
        const names = {
          "OB-12": ref,
          "OB-13": "OB-2",
          "OB-14": "OB-3",
          "C-7": "C-1",
          "C-8": "C-2",
          "R-31": "R-1",
        };
        const script = Object.entries({ ...names, "1a2b3c4": sha, "…": "so" }).reduce(
          (text, [from, to]) => text.replaceAll(from, to),
          command,
        );
        const ran = shell(script, PERSON.test(command) ? undefined : lease);
        expect([script, ran.exitCode, ran.output]).toEqual([script, 0, ran.output]);
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  TIMEOUT_MS,
);
