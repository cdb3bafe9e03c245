import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { backUp } from '../../ledger/stores/sqlite/backUp.ts'
import { CommandError, defineCommand } from '../command.ts'
import { assertLedgerFile, ledgerLocation } from '../openLedger.ts'

export const backup = defineCommand({
  name: 'backup',
  summary: 'copies a SQLite ledger while servers use it',
  arguments: ['file'],
  options: ['ledger', 'json'],
  details: `Writes a consistent copy of a SQLite ledger to <file>, and checks the copy. Servers can use the ledger at
the same time. Never overwrites a file. An interrupted backup leaves no file with this name.
For PostgreSQL, use pg_dump or your provider's point-in-time recovery.`,
  input: z.object({ file: z.string().min(1), ledger: z.string().optional() }),
  async run({ file, ...options }, context) {
    const location = ledgerLocation(options, context)
    if (location.store === 'postgres') {
      throw new CommandError(
        "metered backup copies only SQLite files. Back up PostgreSQL with pg_dump, or with your provider's point-in-time recovery. After a restore, run metered restored.",
      )
    }
    await assertLedgerFile(location.file)
    const copy = resolve(context.folder, file)
    if (!existsSync(dirname(copy)))
      throw new CommandError(`The folder ${dirname(copy)} does not exist. Create it, or pass another path.`)
    const bytes = await backUp(location.file, copy)
    return {
      text: `Copied ${location.file} to ${copy}: ${(bytes / 1_048_576).toFixed(1)} MiB, checked.\n`,
      json: { ledger: location.file, copy, bytes },
    }
  },
})
