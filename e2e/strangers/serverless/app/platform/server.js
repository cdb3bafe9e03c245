// Simulates a cloud that runs functions: it handles each request in a new process, which ends after the
// response and its `waitUntil` promises.
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

const port = Number(process.env.PORT ?? 3000)
const files = { '/': ['public/index.html', 'text/html'], '/main.js': ['public/main.js', 'text/javascript'] }

createServer(async (req, res) => {
  const url = new URL(req.url ?? '/', `http://127.0.0.1:${port}`)
  const [file, type] = files[url.pathname] ?? []
  if (file) return res.writeHead(200, { 'content-type': type }).end(await readFile(file))
  const { status, headers, body } = await invoke(functionFor(url.pathname), {
    url: url.href,
    method: req.method,
    headers: Object.entries(req.headers),
    body: await buffer(req),
  })
  res.writeHead(status, headers).end(body)
}).listen(port)

/** `/api/trpc/draw` runs api/trpc.ts, or api/[...path].ts if there is no such file. */
function functionFor(path) {
  const file = `dist/api/${path.split('/')[2]}.js`
  return existsSync(file) ? file : 'dist/api/[...path].js'
}

function invoke(file, request) {
  return new Promise((resolve) => {
    const child = fork('platform/runFunction.js', [file], { serialization: 'advanced' })
    child.once('message', resolve)
    child.once('exit', () => resolve({ status: 500, headers: {}, body: 'The function did not answer.' }))
    child.send(request)
  })
}
