import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import type { WriteProblem } from '../store.ts'
import { resultCodeOf } from './sqliteDriver.ts'
import { MovedFileError } from './watchFile.ts'

/** Returns the problem if the error says that the file can't be written to, and null for any other error. */
export function writeProblem(file: string, error: unknown): WriteProblem | null {
  if (error instanceof MovedFileError) {
    const advice = 'Restore the file, or restart the process to begin with an empty ledger.'
    return { message: `${error.message}. ${advice}`, isStale: true }
  }
  switch (resultCodeOf(error)) {
    case 13: // FULL
      return {
        message: `The disk with the ledger's file ${file} is full. Free some space. The ledger then recovers automatically.`,
        isStale: false,
      }
    case 8: // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
      return { message: diskProblem(file, error), isStale: true }
    default:
      return null
  }
}

function diskProblem(file: string, error: unknown): string {
  if (isReadOnlyVolume(file)) {
    return `The volume with the ledger's file ${file} is read-only. Make it writable again. The ledger then recovers automatically.`
  }
  const reason = error instanceof Error ? error.message : String(error)
  return `The ledger can’t write to its file ${file}: ${reason}. Check the file's permissions and the disk. The ledger then recovers automatically.`
}

export function isReadOnlyVolume(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS'
  }
}
