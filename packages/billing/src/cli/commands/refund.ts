import { act } from '../act.ts'
import { eventAct } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const refund = defineCommand({
  name: 'refund',
  summary: "gives a charge's units back until the period ends, once",
  ...eventAct,
  details: `Gives the units of a charge back, as metered adjust does. A charge is refunded only once: running the
command again changes nothing. The charge itself stays, in the ledger and at Flowglad, because
Flowglad can't correct a usage event. If Flowglad has billed the charge, refund the payment there.`,
  run: ({ attempt, meter, ...options }, context) =>
    act({ ...options, act: { type: 'refund', attempt, meter } }, context, 'The credit ends with the period.'),
})
