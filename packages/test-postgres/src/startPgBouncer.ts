import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from './freePort.ts'
import { serverUser } from './serverUser.ts'

/**
 * PgBouncer's path, or undefined if PgBouncer isn't installed. Debian installs it in /usr/sbin. Only root's PATH
 * contains this folder.
 */
const program = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find((file) => existsSync(file))

/** The reason why this machine can't run PgBouncer, or null if it can. */
export const noPgBouncer =
  program === undefined ? 'needs PgBouncer, for example from Debian’s package pgbouncer' : null

/** PgBouncer's settings, with the names from `pgbouncer.ini`. Without `listen_port`, uses a free port. */
export interface PgBouncerSettings {
  pool_mode: 'session' | 'transaction' | 'statement'
  listen_port?: number
  default_pool_size?: number
  server_reset_query?: string
  server_reset_query_always?: 0 | 1
  server_round_robin?: 0 | 1
  server_login_retry?: number
}

export interface PgBouncer extends AsyncDisposable {
  /** The URL for connecting to the database through PgBouncer. */
  address: string
  /** Stops PgBouncer immediately and closes all connections. */
  stop(): Promise<void>
  /** Kills PgBouncer with SIGKILL. */
  kill(): Promise<void>
  /** Starts PgBouncer again after `stop` or `kill`, on the same port. Resolves when PgBouncer listens. */
  start(): Promise<void>
  /** Pauses the process with SIGSTOP or resumes it with SIGCONT. The connections stay open. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
}

/**
 * Starts PgBouncer in front of the database at `address`. The address must contain a user and a password. Disposing
 * the result stops PgBouncer and deletes its files.
 *
 * @throws if PgBouncer isn't installed or can't start. If PgBouncer can't start, the error contains its log.
 */
export async function startPgBouncer(address: string, settings: PgBouncerSettings): Promise<PgBouncer> {
  if (program === undefined) throw new Error(`This machine ${noPgBouncer}`)
  const database = new URL(address)
  const name = database.pathname.slice(1)
  const port = settings.listen_port ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
  const ini = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    auth_type: 'md5',
    auth_file: users,
    ...settings,
    listen_port: port,
  }).map(([setting, value]) => `${setting} = ${value}`)
  writeFileSync(
    ini,
    `[databases]\n${name} = host=${database.hostname} port=${database.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  writeFileSync(users, `"${database.username}" "${database.password}"\n`)
  const user = process.getuid?.() === 0 ? serverUser() : undefined
  if (user) for (const path of [folder, ini, users]) chownSync(path, user.uid, user.gid)

  let running: ChildProcess | null = null
  // Kill PgBouncer if this process exits first, for example after an interrupted test run.
  const killNow = () => void running?.kill('SIGKILL')
  process.once('exit', killNow)

  async function start() {
    const child = spawn(program ?? '', [ini], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
    running = child
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (text) => {
        log += text
        if (log.includes('process up')) resolve()
      })
      child.once('error', reject)
      child.once('close', () => reject(new Error(`PgBouncer can’t start:\n${log}`)))
    })
    // Discard the log from here on, because a full pipe would block PgBouncer.
    child.stderr.removeAllListeners('data').resume()
  }

  async function end(signal: NodeJS.Signals) {
    const child = running
    running = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'close')
    child.kill(signal)
    // A paused process handles no signal other than SIGCONT and SIGKILL.
    child.kill('SIGCONT')
    await ended
  }

  async function dispose() {
    process.off('exit', killNow)
    await end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }

  await start().catch(async (error: unknown) => {
    await dispose()
    throw error
  })
  const behind = new URL(address)
  behind.hostname = '127.0.0.1'
  behind.port = String(port)
  return {
    address: behind.href,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start,
    signal: (signal) => void running?.kill(signal),
    [Symbol.asyncDispose]: dispose,
  }
}
