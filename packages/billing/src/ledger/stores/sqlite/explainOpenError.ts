import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LedgerUnavailableError } from '../../errors.ts'
import { resultCodeOf } from './sqliteDriver.ts'
import { isReadOnlyVolume } from './writeProblem.ts'

/**
 * Returns an error that says how to make the path usable, or returns the given error if the path isn't its
 * cause. SQLite reports a missing folder, a folder in place of a file, and missing permissions with the same
 * message: "unable to open database file".
 */
export function explainOpenError(file: string, error: unknown): unknown {
  const problem = problemOf(file, resultCodeOf(error))
  return problem ? new LedgerUnavailableError('cannotOpen', { message: problem, cause: error }) : error
}

function problemOf(file: string, code: number | null): string | null {
  const folder = dirname(file)
  switch (code) {
    case 26: // NOTADB
      return `The ledger's file ${file} is not a SQLite database. Pass another path.`
    case 8: // READONLY
    case 14: // CANTOPEN
      if (!existsSync(folder)) {
        return `The ledger's folder ${folder} does not exist. Create it, or pass another path.`
      }
      if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
        return `The ledger's path ${file} is a folder. Pass a file path.`
      }
      // A read-only volume isn't a mistake in the setup, so `writeProblem` describes it.
      if (isReadOnlyVolume(file)) return null
      return `The ledger needs to write to ${file} and its folder, but can't. Change their permissions, or pass another path.`
    default:
      return null
  }
}
