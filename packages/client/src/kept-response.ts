/**
 * Answers that a call has gone on from, kept for the error it may end in: their body is read, up to a size and a time,
 * so that it holds no connection.
 */

/** What is kept of a body. */
export const MAX_KEPT_BYTES: number = 64 * 1024;
/** How long it may take to come. */
export const MAX_KEEPING_MS: number = 1000;

/** A `Response` of its own with what could be read of this one's body. Never rejects. */
export async function keepResponse(response: Response): Promise<Response> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  const timer = setTimeout(() => reader?.cancel().catch(() => {}), MAX_KEEPING_MS);
  try {
    while (reader !== undefined && size < MAX_KEPT_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      const chunk = value.slice(0, MAX_KEPT_BYTES - size);
      chunks.push(chunk);
      size += chunk.length;
    }
    await reader?.cancel();
  } catch {
    // Cut on its way: what came is kept.
  }
  clearTimeout(timer);
  return new Response(new Blob(chunks), response);
}
