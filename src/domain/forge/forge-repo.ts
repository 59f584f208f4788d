/** A repository as a forge names it: `github.com`, `acme/app`. */
export interface ForgeRepo {
  readonly host: string;
  /** Owner and name. */
  readonly path: string;
}

const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9._-]+$/;
const ADDRESS = /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/]+)\/(.+)$/;
/** `git@github.com:acme/app.git` */
const SHORT = /^(?:[^/@:]+@)?([^/@:]+):(.+)$/;

/** Which repository of which forge a remote's address means; undefined where it is none, such as a path. */
export function parseForgeRepo(address: string): ForgeRepo | undefined {
  const [, host = "", rest = ""] = ADDRESS.exec(address) ?? SHORT.exec(address) ?? [];
  const path = rest.replace(/\/+$/, "").replace(/\.git$/, "");
  return HOST.test(host) && PATH.test(path) ? { host: host.toLowerCase(), path } : undefined;
}
