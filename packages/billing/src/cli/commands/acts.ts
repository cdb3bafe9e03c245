import { z } from 'zod'
import * as fields from '../../ledger/fields.ts'
import type { Act, LedgerAct } from '../../ledger/reads.ts'
import { describeAct } from '../act.ts'
import { allActs } from '../allActs.ts'
import { defineCommand } from '../command.ts'
import { openLedger } from '../openLedger.ts'

export const acts = defineCommand({
  name: 'acts',
  summary: "lists operators' changes, with the time and the reason",
  arguments: [],
  options: ['customer', 'ledger', 'json'],
  details: `Lists the changes that operators have made, oldest first: the time, the change, the operator, the reason,
and the changed values. These records can't be changed and are never pruned. Without --customer, the list
includes changes to the whole ledger, such as metered restored. --json prints the complete state before and
after each change.`,
  input: z.object({ customer: fields.customer.optional(), ledger: z.string().optional() }),
  async run({ customer = null, ...options }, context) {
    await using ledger = await openLedger(options, context)
    const found: (Act | LedgerAct)[] = []
    for await (const act of allActs(ledger, { customer })) found.push(act)
    return {
      text: found.length === 0 ? 'No changes are recorded.\n' : found.map(describeAct).join(''),
      json: found,
    }
  },
})
