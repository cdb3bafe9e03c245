import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { httpLink } from '@trpc/client'

/**
 * Starts one of this folder's scripts in its own process, so that its CPU time can be measured separately.
 * Returns the links for a client of the script's router.
 */
export async function startProcess(script: string, settings: unknown = {}) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  // The script's output goes to stderr, because stdout contains only the benchmark's result.
  const child = fork(path, [JSON.stringify(settings)], { stdio: ['ignore', 2, 2, 'ipc'] })
  const ended = once(child, 'exit')
  const [url] = await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${script} ended with code ${code}`))),
  ])
  return {
    links: [httpLink({ url: String(url) })],
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
