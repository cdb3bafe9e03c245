import { z } from 'zod'
import * as fields from '../../ledger/fields.ts'
import { act } from '../act.ts'
import { actOptions } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const release = defineCommand({
  name: 'release',
  summary: 'ends an open hold and returns its units',
  arguments: ['customer', 'attempt'],
  options: ['reason', 'by', 'ledger', 'json'],
  details: `Ends an attempt's open hold and returns its units. Use it if you don't want to wait for the hold to
expire. If the work is still running and succeeds, the customer is charged. metered customer <id>
lists the open holds.`,
  input: z.object({ customer: fields.customer, attempt: fields.attempt, ...actOptions }),
  run: ({ attempt, ...options }, context) =>
    act(
      { ...options, act: { type: 'release', attempt } },
      context,
      'If the work is still running and succeeds, the customer is charged.',
    ),
})
