export interface Collected {
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

/** Reads a stream to its end, keeps the first `maxBytes`; `onOverflow` is called once when more came. */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onOverflow: () => void,
): Promise<Collected> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  for await (const chunk of stream) {
    if (truncated) continue;
    const room = maxBytes - size;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    size += Math.min(chunk.length, room);
    if (chunk.length <= room) continue;
    truncated = true;
    onOverflow();
  }
  return { bytes: Buffer.concat(chunks), truncated };
}
