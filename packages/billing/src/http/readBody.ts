/** The maximum size of a request body, in bytes. */
export const maxBodyBytes = 256 * 1024

/** Returns the raw body, or null if it is larger than `maxBodyBytes`. */
export async function readBody(request: Request): Promise<Buffer | null> {
  if (!request.body) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength
    if (size > maxBodyBytes) {
      await reader.cancel()
      return null
    }
    chunks.push(read.value)
  }
  return Buffer.concat(chunks)
}
