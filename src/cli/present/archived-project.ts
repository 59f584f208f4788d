import type { Presenter } from "./presenter.ts";
import { valueIn } from "./read-json.ts";
import { sentence } from "./sentence.ts";

const gone = sentence("Project {project.alias:ref} is archived");
const back = sentence("Project {project.alias:ref} is back in the queue");

/** A project that was taken out of the queue, or brought back. */
export const archivedProject: Presenter = (output, view) =>
  (valueIn(output, "project.archived_at") === undefined ? back : gone)(output, view);
