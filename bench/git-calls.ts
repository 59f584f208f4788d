import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const GitCall = z.object({
  cwd: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  /** Base64. */
  stdin: z.string(),
});
export type GitCall = z.infer<typeof GitCall>;

const PROGRAM = join(import.meta.dir, "git-recorder-program.ts");
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Puts a program called `git` into a folder that writes every call into `record` and then runs the real one. */
export function recordGit(folder: string, record: string): void {
  const file = join(folder, "git");
  const words = [process.execPath, PROGRAM, record, Bun.which("git") ?? "git"].map(quote).join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(file, 0o755);
}

export function readCalls(record: string): readonly GitCall[] {
  if (!existsSync(record)) return [];
  const lines = readFileSync(record, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => GitCall.parse(JSON.parse(line)));
}

/** The same calls as a shell script, one after the other. What each reads from standard input comes from a file in `folder`. */
export function shellScript(calls: readonly GitCall[], folder: string): string {
  return calls
    .map(({ cwd, args, env, stdin }, at) => {
      const input = join(folder, `stdin-${at}`);
      writeFileSync(input, Buffer.from(stdin, "base64"));
      const settings = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
      const index = env["GIT_INDEX_FILE"];
      const folderOfIndex = index === undefined ? "" : `mkdir -p ${quote(dirname(index))} && `;
      return `${folderOfIndex}cd ${quote(cwd)} && ${settings.join(" ")} git ${args.map(quote).join(" ")} < ${quote(input)} > /dev/null 2>> ${quote(join(folder, "errors"))} || echo x >> ${quote(join(folder, "failed"))}`;
    })
    .join("\n");
}
