import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { describeAct } from '../act.ts'
import { actOptions } from '../actOptions.ts'
import { defineCommand } from '../command.ts'
import { openLedger } from '../openLedger.ts'

export const restored = defineCommand({
  name: 'restored',
  summary: 'records that the ledger was restored from a backup',
  arguments: [],
  options: ['reason', 'by', 'ledger', 'json'],
  details: `Records that the ledger was restored from a backup. Run it after you restore a backup, and before
you start the server. The server recognizes most restores automatically. This command also covers the other
cases, for example if Flowglad can't be reached when the server starts. Running it again does no harm.
metered acts lists each run.`,
  input: z.object(actOptions),
  async run({ by, reason, ...options }, context) {
    await using ledger = await openLedger(options, context)
    const operator = { id: randomUUID(), by: by ?? context.user, reason }
    await ledger.markRestored(operator)
    const act = (await ledger.ledgerActs()).find(({ id }) => id === operator.id)
    const { ledger: id, isRecovering } = await ledger.restoreState()
    return {
      text: `The ledger ${id} is marked as restored.
${act ? describeAct(act) : ''}Next: start the server. It reads Flowglad's list of usage events, recovers the events that the backup
lacks, and then resumes delivery. Until then, /readyz says "degraded". Each customer's next call waits
for the balance from Flowglad.
`,
      json: { ledger: id, isRecovering, act },
    }
  },
})
