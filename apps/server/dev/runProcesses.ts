import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { DevProcess } from './processes.ts'
import { repository } from './readSettings.ts'

const reportEveryMs = 30_000

/**
 * Starts the processes and prints their output. If one process stops, all processes stop.
 * @returns true when all processes are ready, or false if they stop first
 */
export async function runProcesses(processes: DevProcess[]): Promise<boolean> {
  const children: ChildProcess[] = []
  let stopping = false
  const stop = (code: number) => {
    if (stopping) return
    stopping = true
    process.exitCode = code
    for (const child of children) child.kill('SIGTERM')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(0))

  for (const it of processes) {
    const child = start(it)
    children.push(child)
    child.once('exit', (code) => {
      if (!stopping)
        console.error(
          `\n${it.name} stopped (${code === null ? 'by a signal' : `exit code ${code}`}), so the other processes stop too. See the lines above for the reason.`,
        )
      stop(code || 1)
    })
  }

  const waiting = new Set(processes)
  // If a program fails to start, tsx keeps running and waits for an edit, so report what `dev` is waiting for.
  const reporting = setInterval(() => {
    const names = Array.from(waiting, (it) => it.name).join(' and ')
    console.log(`Still waiting for ${names}. If you see an error above, fix its cause. Press Ctrl-C to stop.`)
  }, reportEveryMs)
  const untilReady = async (it: DevProcess) => {
    while (!stopping && !(await isReady(it.ready))) await new Promise((resolve) => setTimeout(resolve, 100))
    waiting.delete(it)
  }
  await Promise.all(processes.map(untilReady))
  clearInterval(reporting)
  return !stopping
}

function start({ name, folder, command: [tool, ...args], env, quiet }: DevProcess) {
  const cwd = join(repository, folder)
  const child = spawn(join(cwd, 'node_modules/.bin', tool), args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Put each child into its own process group. Otherwise, Ctrl-C would reach the children too, and the signal
    // from `stop` would be their second one. After a second signal, tsx kills its program.
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32',
  })
  for (const stream of quiet ? [child.stderr] : [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim()) console.log(`${name.padEnd(14)} │ ${line}`)
    })
  }
  return child
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}
