import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { httpLink } from '@trpc/client'

/**
 * Starts a TypeScript or JavaScript file in its own process, and waits until it sends its URL. Disposing of the
 * result disconnects the process and waits until it has ended.
 *
 * @param settings Passed to the script, which reads them with `readSettings`.
 * @param output The file descriptor for the script's output. Default: stderr, so that stdout contains only the
 * result of the command that starts the process.
 */
export async function startProcess(
  script: URL,
  settings: unknown = {},
  { output = 2 }: { output?: number } = {},
) {
  const path = fileURLToPath(script)
  const child = fork(path, [JSON.stringify(settings)], {
    stdio: ['ignore', output, output, 'ipc'],
    // Start bundles without the TypeScript loader, which would slow the start.
    execArgv: path.endsWith('.ts') ? ['--import', 'tsx'] : [],
  })
  const ended = once(child, 'exit')
  const [url] = await Promise.race([
    once(child, 'message'),
    ended.then(([code, signal]) =>
      Promise.reject(new Error(`${path} ended with ${signal ?? `code ${code}`} before it was ready`)),
    ),
  ])
  return {
    /** The links for a client of the script's router. */
    links: [httpLink({ url: String(url) })],
    url: String(url),
    child,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

export type RunningProcess = Awaited<ReturnType<typeof startProcess>>
