/**
 * Returns a response's body as text. If the body has more than `maxBytes`, throws without reading the rest.
 */
export async function readBody({ body }: Response, maxBytes: number): Promise<string> {
  const { text, isWhole } = await readStart(body, maxBytes)
  if (!isWhole) throw new Error(`The model endpoint sent more than ${maxBytes} bytes`)
  return text
}

/** Returns at most the first `maxBytes` of a response's body as text, without reading the rest. */
export async function readBodyStart({ body }: Response, maxBytes: number): Promise<string> {
  return (await readStart(body, maxBytes)).text
}

async function readStart(body: ReadableStream<Uint8Array> | null, maxBytes: number) {
  const chunks: Uint8Array[] = []
  let left = maxBytes
  // Returning from the loop cancels the body.
  for await (const chunk of body ?? []) {
    chunks.push(chunk.subarray(0, left))
    if (chunk.length > left) return { text: Buffer.concat(chunks).toString(), isWhole: false }
    left -= chunk.length
  }
  return { text: Buffer.concat(chunks).toString(), isWhole: true }
}
