import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";

const bench = openBenches();

const ITEMS = 40;
/** What a person does while runs are at work, once a second, in turns. */
const HABITS = [
  "git commit --quiet --allow-empty -m Thought",
  "git stash --quiet; git stash pop --quiet",
  "git tag --force now",
  "git branch --force idea; git branch --quiet -D idea",
  "git rebase --quiet --autostash main",
  "git gc --quiet --prune=now",
  "git switch --quiet --detach; git switch --quiet mine",
  "git config alias.st status; git config --unset alias.st",
] as const;

test("WK51 beside a person who uses git every second, four slots land 40 items of 4 s unattended", async () => {
  const b = await bench({ check: "test -e README.md" });
  b.origin.git("switch", "--quiet", "-c", "mine");
  for (let n = 0; n < ITEMS; n += 1) await b.add({ title: `Item ${n}` });
  const script = `sleep 4; echo "$SLUICE_ITEM" > "$SLUICE_ITEM.txt"; git add -A; git commit --quiet -m "Write it"; report finish changed`;
  let isOver = false;
  let acts = 0;
  const person = (async () => {
    while (!isOver) {
      appendFileSync(join(b.origin.dir, "README.md"), `line ${acts}\n`);
      const act = HABITS[acts % HABITS.length] ?? "";
      const done = Bun.spawn(["sh", "-c", act], {
        cwd: b.origin.dir,
        env: b.sandbox.env,
        stdout: "ignore",
        stderr: "pipe",
      });
      const [code, said] = [await done.exited, await new Response(done.stderr).text()];
      if (code !== 0) throw new Error(`${act}: ${said}`);
      acts += 1;
      await Bun.sleep(1_000);
    }
  })();
  const events = await b.work([b.agent("robot", script)], { slots: 4 });
  isOver = true;
  await person;
  const count = (type: string) => events.filter((event) => event.type === type).length;
  expect([count("landed"), count("waits"), count("left")]).toEqual([ITEMS, 0, 0]);
  const files = b.origin.git("ls-tree", "--name-only", "main").split("\n");
  expect(files.filter((name) => name.startsWith("OB-"))).toHaveLength(ITEMS);
  expect(acts).toBeGreaterThan(30);
  expect(b.origin.git("log", "--format=%s", "mine")).toContain("Thought");
  expect(b.origin.git("diff", "--stat")).toContain("README.md");
  b.origin.git("fsck", "--no-dangling");
  expect(b.origin.git("for-each-ref", "refs/sluice", "refs/heads/sluice")).toBe("");
}, 600_000);
