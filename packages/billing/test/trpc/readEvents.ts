/**
 * Subscribes to a procedure with server-sent events and a hold of 50 tokens, as a browser does. Disconnects when the
 * text `until` has arrived.
 */
export async function readEvents({ url }: { url: string }, procedure: 'watch' | 'observe', until: string) {
  const abort = new AbortController()
  const input = encodeURIComponent(JSON.stringify({ tokens: 50 }))
  const response = await fetch(`${url}/${procedure}?input=${input}`, {
    headers: { user: 'ada' },
    signal: abort.signal,
  })
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? [])
    if (text.includes(until)) break
  abort.abort()
}
