import { z } from 'zod'
import * as fields from '../../ledger/fields.ts'
import type { Act, LedgerAct } from '../../ledger/ledger.ts'
import { describeAct } from '../act.ts'
import { allActs } from '../allActs.ts'
import { defineCommand } from '../command.ts'
import { openLedger } from '../openLedger.ts'

export const acts = defineCommand({
  name: 'acts',
  summary: 'lists what operators have done, when and why',
  arguments: [],
  options: ['customer', 'ledger', 'json'],
  details: `Lists the operators' acts, oldest first: the time, the act, who acted, why, and the changed values. The
record can't be changed, and is never pruned. Without --customer, the list includes the acts on the whole
ledger, such as metered restored. --json prints the complete state before and after each act.`,
  input: z.object({ customer: fields.customer.optional(), ledger: z.string().optional() }),
  async run({ customer = null, ...options }, context) {
    await using ledger = await openLedger(options, context)
    const found: (Act | LedgerAct)[] = []
    for await (const act of allActs(ledger, { customer })) found.push(act)
    return {
      text: found.length === 0 ? 'No acts are recorded.\n' : found.map(describeAct).join(''),
      json: found,
    }
  },
})
