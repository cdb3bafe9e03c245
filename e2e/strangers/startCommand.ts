import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const stopDeadlineMs = 10_000
const pollMs = 50

export interface CommandOptions {
  cwd: string
  env: Record<string, string>
}

export interface RunningCommand extends AsyncDisposable {
  /** Returns everything that the command has printed. */
  output(): string
}

// When this process ends, kill the commands that are still running.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) signal(child, 'SIGKILL')
})
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1))

/** Runs a command and waits until it ends. If the command fails, throws an error with its output. */
export async function runCommand(command: string, args: string[], options: CommandOptions): Promise<void> {
  const { child, output, ended } = spawnCommand(command, args, options)
  await ended
  if (child.exitCode !== 0) throw new Error(`${title(command, args)} failed:\n${output()}`)
}

/**
 * Starts a command that keeps running, such as a server, and resolves when `isReady` returns true. Disposing
 * the result stops the command and its children.
 */
export async function startCommand(
  command: string,
  args: string[],
  {
    isReady,
    deadlineMs = 60_000,
    ...options
  }: CommandOptions & {
    isReady: (output: string) => boolean | Promise<boolean>
    deadlineMs?: number
  },
): Promise<RunningCommand> {
  const { child, output, ended } = spawnCommand(command, args, options)
  const stop = async () => {
    signal(child, 'SIGTERM')
    const kill = setTimeout(() => signal(child, 'SIGKILL'), stopDeadlineMs)
    await ended
    clearTimeout(kill)
    // Kill the process group, because the command's children might still be running.
    signal(child, 'SIGKILL')
  }
  const deadline = performance.now() + deadlineMs
  while (!(await isReady(output()))) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    if (hasEnded || performance.now() > deadline) {
      await stop()
      const problem = hasEnded ? 'ended before it was ready' : `was not ready within ${deadlineMs / 1_000} s`
      throw new Error(`${title(command, args)} ${problem}:\n${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return { output, [Symbol.asyncDispose]: stop }
}

/** Starts a command in its own process group, so that signals also reach the processes that npm starts. */
function spawnCommand(command: string, args: string[], options: CommandOptions) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  child.once('error', (error) => (text += error.message))
  running.add(child)
  const ended = once(child, 'close')
    .catch(() => {})
    .finally(() => running.delete(child))
  return { child, output: () => text, ended }
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals) {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // The process group has already ended.
  }
}

const title = (command: string, args: string[]) => [command, ...args].join(' ')
