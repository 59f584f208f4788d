import { fileURLToPath } from "node:url";
import type { Server } from "@modelcontextprotocol/server";

/** A client that offers its folders and then does not tell them holds a call up no longer than this. */
const ANSWER_MS = 2_000;

/**
 * The folders that the client works in, asked for once and again after it says that they changed. Revisions from 2026-07-28 on have
 * no such question: there, and where the client offers none, the list is empty.
 */
export function clientFolders(server: Server): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  server.setNotificationHandler("notifications/roots/list_changed", () => {
    known = undefined;
  });
  return () => {
    if (server.getClientCapabilities()?.roots === undefined) return Promise.resolve([]);
    known ??= ask(server);
    return known;
  };
}

async function ask(server: Server): Promise<readonly string[]> {
  try {
    const { roots } = await server.listRoots(undefined, { timeout: ANSWER_MS });
    return roots.flatMap(({ uri }) => folderOf(uri));
  } catch {
    // A client that cannot tell is one that offers none.
    return [];
  }
}

function folderOf(uri: string): readonly string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
