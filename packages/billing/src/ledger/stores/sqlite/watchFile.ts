import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The error for a file that was moved, deleted or replaced while the ledger was open. */
export class MovedFileError extends Error {
  override readonly name = 'MovedFileError'
}

/**
 * Remembers which file the path names. Returns a function that throws a `MovedFileError` if the path no
 * longer names this file. SQLite doesn't notice if the file is moved or replaced: it continues to write to
 * the original file. After a restart, the process can't find that file.
 */
export function watchFile(path: string): () => void {
  const opened = identityOf(path)
  return () => {
    if (identityOf(path) !== opened) throw moved(path)
  }
}

/**
 * Throws a `MovedFileError` if the file is missing from its folder. Otherwise, SQLite would create an empty
 * file.
 */
export function assertNotDeleted(path: string): void {
  if (!existsSync(path) && existsSync(dirname(path))) throw moved(path)
}

const moved = (path: string) => new MovedFileError(`The ledger's file ${path} was moved or deleted`)

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev} ${found.ino}` : null
}
