/**
 * Yields the content of each `data:` line in a stream of server-sent events, in linear time. Throws if a line
 * has more than `maxLength` characters, so that an endless line can't exhaust the memory.
 */
export async function* eventData(
  body: ReadableStream<Uint8Array> | null,
  maxLength: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let line = ''
  function extend(text: string) {
    if (line.length + text.length > maxLength) {
      throw new Error(`The model endpoint sent a line of more than ${maxLength} characters`)
    }
    line += text
  }
  for await (const bytes of body ?? []) {
    const text = decoder.decode(bytes, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      extend(text.slice(start, end))
      if (line.startsWith('data:')) yield line.slice(5).trim()
      line = ''
      start = end + 1
    }
    extend(text.slice(start))
  }
  if (line.startsWith('data:')) yield line.slice(5).trim()
}
