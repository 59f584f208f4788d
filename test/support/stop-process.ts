import { Database } from "bun:sqlite";

/**
 * Stops a process at a moment at which it does not write to the SQLite file: stopped in the middle of a write it would keep all others
 * from writing. `SIGCONT` wakes it.
 */
export async function stopBetweenWrites(pid: number, place: string): Promise<void> {
  for (;;) {
    process.kill(pid, "SIGSTOP");
    while (!isStopped(pid)) await Bun.sleep(1);
    if (isWritable(place)) return;
    process.kill(pid, "SIGCONT");
    await Bun.sleep(1);
  }
}

function isStopped(pid: number): boolean {
  return Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .startsWith("T");
}

function isWritable(place: string): boolean {
  using db = new Database(place);
  try {
    db.run("begin immediate");
    db.run("rollback");
    return true;
  } catch {
    return false; // SQLite refuses at once where another holds the lock.
  }
}
