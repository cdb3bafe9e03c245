/**
 * Subscribes to a procedure over server-sent events, as a browser does. The call holds 50 tokens. Disconnects when
 * the text `until` has arrived.
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
