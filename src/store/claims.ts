import { requireHuman } from "#domain/caller-authority.ts";
import type { ClaimStore } from "#operations/ports/store/claim-store.ts";
import { block, blockItem } from "./claim-block.ts";
import { ask, end, heartbeat, park, release } from "./claim-end.ts";
import { finish } from "./claim-finish.ts";
import { claimItem } from "./claim-item.ts";
import { claimNext } from "./claim-next.ts";
import type { Core } from "./core.ts";
import { lanePressure, projectPressure } from "./pressure.ts";
import { ahead, countReady, pause, pauses, peek, resume, summary } from "./queue-view.ts";
import { advance, leaveReview, returnItem, takeReview } from "./review.ts";

export function claimStore(core: Core): ClaimStore {
  return {
    next: (request) => claimNext(core, request),
    item: (request) => claimItem(core, request),
    peek: ({ filter }) => core.read((db) => peek(core, db, filter)),
    summary: ({ projectIds }) => core.read((db) => summary(core, db, projectIds)),
    ahead: ({ id }) => core.read((db) => ahead(core, db, id)),
    pressure: ({ sinceMs }) =>
      core.read(async (db) => ({
        projects: await projectPressure(core, db, sinceMs),
        lanes: await lanePressure(core, db, sinceMs),
      })),
    countReady: ({ filter }) => core.read((db) => countReady(core, db, filter)),
    heartbeat: (request) => heartbeat(core, request),
    release: (request) => release(core, request),
    block: (request) => block(core, request),
    ask: (request) => ask(core, request),
    finish: (request) => finish(core, request),
    end: (request) => end(core, request),
    blockItem: (request) => blockItem(core, request),
    park: (request) => park(core, request),
    takeReview: (request) => takeReview(core, request),
    advance: (request) => advance(core, request),
    return: (request) => returnItem(core, request),
    leaveReview: (request) => leaveReview(core, request),
    pause: (request) =>
      core.write(request.by, "pause", async (unit) => {
        requireHuman(unit.by, "pause work");
        await pause(unit, request);
      }),
    resume: (request) =>
      core.write(request.by, "resume", async (unit) => {
        requireHuman(unit.by, "resume work");
        await resume(unit, request);
      }),
    pauses: () => core.read((db) => pauses(db)),
  };
}
