import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { run } from "./run-sample.ts";

const program = fileURLToPath(import.meta.resolve("./sample-program.ts"));
let dir = "";

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-completion-"));
  // The script asks `sluice __complete`, so a program of that name must be there.
  writeFileSync(join(dir, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(dir, "sluice"), 0o755);
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(dir, `sluice.${shell}`), (await run(["completion", shell])).stdout);
  writeFileSync(join(dir, "notes.md"), "");
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What a real bash offers when Tab is pressed after these words; the last word is the one being typed. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const script = `source sluice.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = Bun.spawn(["bash", "--norc", "-c", script, "bash", "sluice", ...words], {
    cwd: dir,
    env: { PATH: [dir, process.env.PATH].join(delimiter), HOME: dir },
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await child.stderr.text()).toBe("");
  return (await child.stdout.text()).split("\n").filter((line) => line !== "");
}

describe("completion", () => {
  test("CM72 commands and flags are completed", async () => {
    expect(await complete("it")).toEqual(["item"]);
    expect(await complete("item", "")).toEqual(["add", "drop", "list"]);
    expect(await complete("--json", "-w", "item", "item", "a")).toEqual(["add"]);
    expect(await complete("item", "add", "--ti")).toEqual(["--title"]);
    expect(await complete("item", "add", "--no-n")).toEqual(["--no-notify"]);
    expect(await complete("item", "drop", "--y")).toEqual(["--yes"]);
    expect(await complete("item", "add", "--js")).toEqual(["--json"]);
    expect(await complete("--js")).toEqual(["--json"]);
  });

  test("CM72 values of enums and file names are completed", async () => {
    expect(await complete("item", "add", "--kind", "")).toEqual(["code", "research"]);
    expect(await complete("item", "add", "--kind", "=", "re")).toEqual(["research"]);
    expect(await complete("item", "add", "--kind", "=")).toEqual(["code", "research"]);
    expect(await complete("completion", "z")).toEqual(["zsh"]);
    expect(await complete("completion", "zsh", "b")).toEqual([]);
    expect(await complete("item", "add", "--body-file", "no")).toEqual(["notes.md"]);
    expect(await complete("-w", "no")).toEqual(["notes.md"]);
    expect(await complete("item", "add", "--title", "")).toEqual([]);
  });

  test("CM72 refs are completed", async () => {
    expect(await complete("item", "drop", "OB-1")).toContain("OB-12");
    expect(await complete("item", "drop", "OB-1", "OB-1")).toEqual([]);
    expect(await complete("--as", "human:x", "item", "drop", "--reason", "x", "OB-12")).toContain("OB-12");
    expect(await complete("gate", "approve", "")).toEqual([]);
  });

  test("every script is sound as far as this machine can tell", async () => {
    const bash = await Bun.file(join(dir, "sluice.bash")).text();
    const zsh = await Bun.file(join(dir, "sluice.zsh")).text();
    const fish = await Bun.file(join(dir, "sluice.fish")).text();
    expect(zsh).toStartWith("#compdef sluice\n");
    expect(zsh).toEndWith(bash);
    expect(fish).toContain("complete -c sluice -n '__sluice_at item add' -l kind -r -a 'code research'");
    expect(fish).toContain(
      "complete -c sluice -n '__sluice_at item drop' -a '(sluice __complete item 2>/dev/null)'",
    );
    expect(Bun.spawnSync(["bash", "-n", join(dir, "sluice.bash")]).exitCode).toBe(0);
    for (const shell of ["zsh", "fish"]) {
      // Checked where the shell is installed.
      if (Bun.which(shell) === null) continue;
      expect(Bun.spawnSync([shell, "-n", join(dir, `sluice.${shell}`)]).exitCode).toBe(0);
    }
  });

  test("only refs are listed, and nothing where no operation lists them", async () => {
    const invoke = () =>
      Promise.resolve({ items: [{ ref: "OB-7" }, { ref: "$(rm -rf x)" }, { title: "no ref" }] });
    expect(await run(["__complete", "item"], { invoke })).toMatchObject({ code: 0, stdout: "OB-7\n" });
    expect(await run(["__complete", "candidate"], { invoke })).toMatchObject({
      code: 0,
      stdout: "",
      opened: [],
    });
    expect((await run(["--help"])).stdout).not.toContain("__complete");
  });
});
