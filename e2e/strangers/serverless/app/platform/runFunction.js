// Runs a function once in a separate process.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

process.once('message', async ({ url, method, headers, body }) => {
  const { default: run } = await import(pathToFileURL(resolve(process.argv[2])).href)
  const background = []
  const response = await run(new Request(url, { method, headers, ...(body.length > 0 && { body }) }), {
    waitUntil: (promise) => background.push(promise),
  })
  const answer = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  }
  process.send(answer, async () => {
    if (!headers.some(([name]) => name === 'x-die-after')) await Promise.allSettled(background)
    process.exit()
  })
})
