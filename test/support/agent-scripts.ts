/** Shell texts of scripted agents. */

/** Writes one file, commits it and reports `changed`. */
export const writeAndFinish = (file: string, text = "done"): string =>
  `echo "${text}" > "${file}"; git add -A; git commit --quiet -m "Write it"; report finish changed`;

/** Waits until `count` agents have come to this point, all given the same folder. */
export const meet = (folder: string, count: number): string =>
  `mkdir -p '${folder}'; touch "${folder}/$SLUICE_ITEM"; while [ "$(ls '${folder}' | wc -l)" -lt ${count} ]; do sleep 0.02; done`;
