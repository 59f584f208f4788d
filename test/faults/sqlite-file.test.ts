import { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { isNetworkFileSystem, requireSafeSqlite } from "#store/sqlite/file-place.ts";
import { openFaults } from "#test/fault-bench.ts";
import { refusal } from "#test/refusal.ts";
import { human } from "#test/stores.ts";

setDefaultTimeout(30_000);

const bench = openFaults();
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const STORE_WRITE = join(import.meta.dir, "../support/write-once-program.ts");

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sluice-file-"));
  folders.push(made);
  return made;
}

/** Items whose bodies fill pages, so that damage has something to hit. */
async function filled(store: Store, projectId: number, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1)
    await store.items.add({
      by: human(),
      item: { projectId, title: `Item ${n}`, spec: { ...EMPTY_SPEC, problem: `word${n} `.repeat(400) } },
    });
}

test("FM19 a write lock held past the deadline is refused as unavailable, with nothing written in part", async () => {
  const b = await bench("sqlite", { patienceMs: 200 });
  const { id } = await b.add();
  const before = await b.store.items.get({ id });
  const holder = new Database(b.workspace.place);
  holder.run("begin immediate");
  const startedAt = performance.now();
  const writes = [
    () => b.add(),
    () => b.store.items.edit({ by: human(), id, changes: { title: "Other" } }),
    () => b.store.claims.next({ by: human(), filter: {}, ttlMs: 60_000, runner: {} }),
  ];
  for (const write of writes) {
    const refused = await refusal(write());
    expect([refused.code, refused.hint?.startsWith("Nothing was written")]).toEqual(["unavailable", true]);
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(await b.store.items.get({ id })).toEqual(before);
  holder.run("rollback");
  holder.close();
  expect((await b.store.items.list({ filter: {}, page: { limit: 10 } })).items).toHaveLength(1);
  expect((await b.add()).id).toBe(id + 1);
});

test("FM20 a reader that does not end lets the log grow, doctor warns of it, and the first write after its end shrinks it", async () => {
  const b = await bench("sqlite");
  const { id } = await b.add();
  const log = `${b.workspace.place}-wal`;
  const reader = new Database(b.workspace.place);
  reader.run("begin");
  reader.query("select count(*) from item").get();
  const raw = new Database(b.workspace.place);
  raw.run("pragma synchronous = off");
  raw.run("insert into setting (key, value) values ('padding', '')");
  for (let n = 0; n < 20; n += 1)
    raw.run("update setting set value = hex(zeroblob(4000000 + ?)) where key = 'padding'", [n]);
  expect(statSync(log).size).toBeGreaterThan(128 * 1_048_576);
  const warned = await b.store.history.check({ deep: true });
  expect(warned).toMatchObject([{ severity: "warning", check: "database" }]);
  expect(warned[0]?.message).toContain("keeps a read open");
  reader.run("commit");
  reader.close();
  raw.run("delete from setting where key = 'padding'");
  raw.close();
  await b.store.items.note({ by: human(), id, body: "The next write shrinks the log" });
  expect(statSync(log).size).toBeLessThanOrEqual(64 * 1_048_576);
  expect(await b.findings()).toEqual([]);
});

test.skipIf(process.platform !== "linux")(
  "nothing that a session does with a workspace opens its files beside the database: its locks stay",
  async () => {
    const b = await bench("sqlite");
    const { id } = await b.add();
    const locks = () => {
      const inodes = ["", "-shm"].map((end) => statSync(`${b.workspace.place}${end}`).ino);
      // The kernel lists a lock twice where others come and go while it is read.
      const held = readFileSync("/proc/locks", "utf8")
        .split("\n")
        .filter(
          (line) => line.includes(` ${process.pid} `) && inodes.some((ino) => line.includes(`:${ino} `)),
        )
        .map((line) => line.replace(/^\d+: /, ""));
      return Array.from(new Set(held)).toSorted();
    };
    const before = locks();
    expect(before).not.toEqual([]);
    const second = await b.workspace.again();
    await second.items.note({ by: human(), id, body: "From the second" });
    await second.history.check({ deep: true });
    await second.close();
    await b.store.history.check({ deep: true });
    await b.store.items.list({ filter: { search: "roof" }, page: { limit: 5 } });
    expect(locks()).toEqual(before);
  },
);

test("FM23 a workspace that was removed or replaced under an open store refuses reads and writes, and says so", async () => {
  const b = await bench("sqlite");
  const { id } = await b.add();
  const aside = `${b.workspace.place}.aside`;
  renameSync(b.workspace.place, aside);
  const gone = await refusal(b.add());
  expect([gone.code, gone.message.includes("removed while it was open")]).toEqual(["unavailable", true]);
  writeFileSync(b.workspace.place, "");
  for (const call of [
    () => b.add(),
    () => b.store.items.get({ id }),
    () => b.store.history.check({ deep: true }),
  ]) {
    const replaced = await refusal(call());
    expect([replaced.code, replaced.message.includes("replaced")]).toEqual(["unavailable", true]);
  }
  rmSync(b.workspace.place);
  renameSync(aside, b.workspace.place);
  expect((await b.add()).id).toBe(id + 1);
});

test("FM23 by a symbolic link and by its own name a workspace is one", async () => {
  const b = await bench("sqlite");
  const dir = folder();
  const link = join(dir, "link.db");
  symlinkSync(b.workspace.place, link);
  const other = await b.workspace.again({ place: link });
  const { id } = await b.add();
  await other.items.note({ by: human(), id, body: "Through the link" });
  expect((await b.store.items.get({ id })).notes.map(({ body }) => body)).toEqual(["Through the link"]);
  expect(readdirSync(dir)).toEqual(["link.db"]);
});

test("FM23 a workspace with two hard names is refused, since each name would have a log of its own", async () => {
  const b = await bench("sqlite");
  const other = join(folder(), "other.db");
  linkSync(b.workspace.place, other);
  const refused = await refusal(openStore({ place: other }));
  expect([refused.code, refused.message.includes("hard links")]).toEqual(["invalid", true]);
});

const Refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Runs one write as a process of its own: limited, as another user, on another disk. */
function writeOnce(place: string, words: readonly string[] = []): { code: number; answer: string } {
  const run = Bun.spawnSync([...words, process.execPath, STORE_WRITE, place]);
  return { code: run.exitCode, answer: run.stdout.toString() + run.stderr.toString() };
}

test.skipIf(process.platform !== "linux")(
  "FM23 a full disk refuses the write as unavailable, keeps what was written, and heals with room",
  async () => {
    const dir = folder();
    const mounted =
      isRoot && Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", dir]).exitCode === 0;
    try {
      const place = join(dir, "workspace.db");
      const store = await openStore({ place, create: true });
      const { id: projectId } = await store.projects.add({ by: human(), alias: "app", name: "App" });
      await filled(store, projectId, 20);
      const before = await store.items.list({ filter: {}, page: { limit: 100 } });
      const ballast = join(dir, "ballast");
      if (mounted) Bun.spawnSync(["dd", "if=/dev/zero", `of=${ballast}`, "bs=4k"]);
      const limit = String(statSync(place).size);
      const refused = mounted
        ? writeOnce(place)
        : writeOnce(place, ["prlimit", `--fsize=${limit}:${limit}`, "--"]);
      expect(refused.answer).toContain('"unavailable"');
      if (mounted) expect(refused.answer).toContain("is full");
      expect(await store.items.list({ filter: {}, page: { limit: 100 } })).toEqual(before);
      rmSync(ballast, { force: true });
      expect(writeOnce(place).answer).toContain('"written"');
      expect(await store.history.check({ deep: true })).toEqual([]);
      await store.close();
    } finally {
      if (mounted) Bun.spawnSync(["umount", "--lazy", dir]);
    }
  },
);

test.skipIf(process.platform !== "linux")(
  "FM23 a read-only disk, folder or file refuses the write as unavailable and says what to check",
  async () => {
    const b = await bench("sqlite");
    await b.add();
    await b.store.close();
    const dir = folder();
    const place = join(dir, "workspace.db");
    copyFileSync(b.workspace.place, place);
    const asNobody = isRoot
      ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"]
      : [];
    const own = (mode: number, fileMode: number) => {
      if (isRoot) for (const path of [dir, place]) chownSync(path, NOBODY, NOBODY);
      chmodSync(place, fileMode);
      chmodSync(dir, mode);
    };
    own(0o755, 0o644);
    const said = (words: readonly string[]) => {
      const { error } = Refused.parse(JSON.parse(writeOnce(place, words).answer));
      return [error.code, error.message.split(": ").at(-1)];
    };
    const readable = Bun.spawnSync([...asNobody, "test", "-r", STORE_WRITE]).exitCode === 0;
    if (readable) {
      expect(writeOnce(place, asNobody).answer).toContain('"written"');
      own(0o555, 0o644);
      expect(said(asNobody)).toEqual(["unavailable", "its folder is read-only"]);
      own(0o755, 0o444);
      expect(said(asNobody)).toEqual(["unavailable", "The workspace is read-only"]);
      own(0o755, 0o000);
      expect(said(asNobody)).toEqual(["unavailable", "this account may not read it"]);
      own(0o755, 0o644);
    }
    if (isRoot && Bun.spawnSync(["mount", "--bind", dir, dir]).exitCode === 0)
      try {
        Bun.spawnSync(["mount", "-o", "remount,ro,bind", dir]);
        expect(said([])).toEqual(["unavailable", "The workspace is read-only"]);
      } finally {
        Bun.spawnSync(["umount", "--lazy", dir]);
      }
    expect(writeOnce(place).answer).toContain('"written"');
  },
);

test("FM24 a flipped bit in any page is reported or harmless, and never shown as an empty workspace", async () => {
  const b = await bench("sqlite");
  await filled(b.store, b.projectId, 40);
  const listed = async (store: Store) => (await store.items.list({ filter: {}, page: { limit: 100 } })).items;
  const before = await listed(b.store);
  await b.store.close();
  const dir = folder();
  const whole = readFileSync(b.workspace.place);
  const pageBytes = whole.readUInt16BE(16);
  let reported = 0;
  for (let page = 0; page < whole.length / pageBytes; page += 7) {
    const place = join(dir, `flipped-${page}.db`);
    const bytes = Buffer.from(whole);
    for (const at of [page * pageBytes, page * pageBytes + 3]) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
    writeFileSync(place, bytes);
    const said = await look(place);
    if (said === "clean") expect(await reopen(place, listed)).toEqual(before);
    else reported += 1;
  }
  expect(reported).toBeGreaterThan(3);
}, 30_000);

/** What doctor would say: a refusal's code, `clean`, or `findings`. */
async function look(place: string): Promise<string> {
  try {
    return await reopen(place, async (store) =>
      (await store.history.check({ deep: true })).length === 0 ? "clean" : "findings",
    );
  } catch (error) {
    if (error instanceof SluiceError && ["unavailable", "invalid"].includes(error.code)) return "refused";
    throw error;
  }
}

async function reopen<T>(place: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ place });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

test("FM24 a log cut or torn in its last frame loses that commit alone, and a cut workspace file is refused", async () => {
  const b = await bench("sqlite");
  await filled(b.store, b.projectId, 5);
  const raw = new Database(b.workspace.place);
  raw.run("pragma wal_checkpoint(truncate)");
  raw.close();
  const first = await b.add({ title: "Before the last" });
  const whole = statSync(`${b.workspace.place}-wal`).size;
  await b.add({ title: "The last" });
  const dir = folder();
  for (const [name, cut] of [
    ["torn", 100],
    ["cut", -whole],
  ] as const) {
    const place = join(dir, `${name}.db`);
    copyFileSync(b.workspace.place, place);
    copyFileSync(`${b.workspace.place}-wal`, `${place}-wal`);
    truncateSync(`${place}-wal`, cut < 0 ? -cut : statSync(`${place}-wal`).size - cut);
    const ids = await reopen(place, async (store) => {
      expect(await store.history.check({ deep: true })).toEqual([]);
      return (await store.items.list({ filter: {}, page: { limit: 100 } })).items.map(({ id }) => id);
    });
    expect(Math.max(...ids)).toBe(first.id);
  }
  for (const bytes of [0, 50, 5_000]) {
    const place = join(dir, `short-${bytes}.db`);
    copyFileSync(b.workspace.place, place);
    truncateSync(place, bytes);
    expect(await look(place)).toBe("refused");
    expect(statSync(place).size).toBe(bytes);
  }
});

test("FM25 a library that corrupts shared files and a network file system are refused", async () => {
  for (const old of ["3.40.1", "3.45.1", "3.51.2", "2.99.99"])
    expect(() => requireSafeSqlite(old)).toThrow("can corrupt");
  for (const safe of ["3.51.3", "3.52.0", "3.54.1", "4.0.0"]) requireSafeSqlite(safe);
  const network = {
    nfs: 0x6969,
    smb: 0x517b,
    smb2: 0xfe534d42,
    cifs: 0xff534d42,
    afs: 0x5346414f,
    lustre: 0x0bd00bd0,
  };
  const local = {
    ext4: 0xef53,
    btrfs: 0x9123683e,
    xfs: 0x58465342,
    tmpfs: 0x01021994,
    overlay: 0x794c7630,
    apfs: 0x1a,
  };
  for (const type of Object.values(network))
    for (const seen of [type, type | 0]) expect(isNetworkFileSystem(seen)).toBe(true);
  for (const type of Object.values(local)) expect(isNetworkFileSystem(type)).toBe(false);
});

test("a child process gets no handle of the workspace, and a thread with a store of its own writes beside it", async () => {
  const b = await bench("sqlite");
  const child = Bun.spawnSync(["ls", "-l", "/proc/self/fd"]);
  expect(child.stdout.toString()).not.toContain("workspace.db");
  const worker = new Worker(join(import.meta.dir, "../support/writing-thread-program.ts"));
  const done = once(worker, "message");
  worker.postMessage({ place: b.workspace.place, projectId: b.projectId, count: 20 });
  for (let n = 0; n < 20; n += 1) await b.add({ title: `Main ${n}` });
  await done;
  await worker.terminate();
  expect((await b.store.items.list({ filter: {}, page: { limit: 100 } })).items).toHaveLength(40);
  expect(await b.findings()).toEqual([]);
});
