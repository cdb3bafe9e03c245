import { act } from '../act.ts'
import { eventAct } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const refund = defineCommand({
  name: 'refund',
  summary: "returns a charge's units to the customer until the period ends",
  ...eventAct,
  details: `Returns the units of a charge to the customer, like an adjustment by metered adjust. A charge is refunded
only once: running the command again changes nothing. The charge itself stays in the ledger and at
Flowglad, because Flowglad can't correct a usage event. If Flowglad has billed the charge, refund the
payment there.`,
  run: ({ attempt, meter, ...options }, context) =>
    act({ ...options, act: { type: 'refund', attempt, meter } }, context, 'The credit ends with the period.'),
})
