import { existsSync, rmSync, statSync } from 'node:fs'
import { z } from 'zod'
import { completeFile } from './completeFile.ts'
import { retryWhileBusy } from './retryWhileBusy.ts'
import { connect } from './sqliteDriver.ts'

const integrityRows = z.array(z.object({ integrity_check: z.string() }))

/**
 * Copies the file and returns the copy's size in bytes. Other processes can use the file at the same time.
 * The copy is one consistent state of the whole database, including the app's own tables. The copy gets its
 * name only after it is complete, checked and flushed to the disk. Throws if a file with this name exists.
 */
export async function backUp(file: string, copy: string): Promise<number> {
  if (existsSync(copy))
    throw new Error(`${copy} already exists, and a backup never overwrites a file. Choose another name.`)
  const unfinished = `${copy}.${process.pid}.unfinished`
  try {
    await copyConsistently(file, unfinished)
    assertIntact(unfinished)
    completeFile(unfinished, copy)
    return statSync(copy).size
  } finally {
    rmSync(unfinished, { force: true })
  }
}

/** `VACUUM INTO` reads within one transaction, and doesn't block writers. */
async function copyConsistently(file: string, copy: string): Promise<void> {
  const db = connect(file)
  try {
    await retryWhileBusy(() => db.prepare('VACUUM INTO ?').run(copy))
  } finally {
    db.close()
  }
}

function assertIntact(copy: string): void {
  const db = connect(copy)
  try {
    const [first] = integrityRows.parse(db.prepare('PRAGMA integrity_check').all())
    if (first?.integrity_check !== 'ok')
      throw new Error(`The copy is damaged, so it was removed: ${first?.integrity_check}`)
  } finally {
    db.close()
  }
}
