import { readdirSync, readFileSync } from "node:fs";

/** A process that works for one workspace, by what it is started with and by its environment. */
export interface DemoProcess {
  readonly pid: number;
  readonly command: string;
}

/** Living processes whose environment or command line names a folder. */
export function processesOf(dir: string): readonly DemoProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = readText(name, "cmdline").replaceAll("\0", " ").trim();
      const isOurs = command !== "" && `${readText(name, "environ")}\0${command}`.includes(dir);
      return isOurs ? [{ pid: Number(name), command }] : [];
    });
}

/** Empty where the process has ended meanwhile. */
function readText(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
