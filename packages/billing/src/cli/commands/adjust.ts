import { z } from 'zod'
import * as fields from '../../ledger/fields.ts'
import { act } from '../act.ts'
import { actOptions } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const adjust = defineCommand({
  name: 'adjust',
  summary: "adds units to a customer's balance until the period ends, or subtracts them",
  arguments: ['customer', 'meter', 'units'],
  options: ['reason', 'by', 'ledger', 'json'],
  details: `Adds units to a customer's balance, such as +5, or subtracts them, such as -5. The adjustment exists only
in the ledger, and ends with the period or the subscription. Added units that the customer has spent by then
aren't charged to the next period. Flowglad still receives this usage, and can bill it on a plan that bills
overage.`,
  input: z.object({
    customer: fields.customer,
    meter: fields.meter,
    units: z
      .string()
      .regex(/^[+-]\d+$/, 'write a sign and a number, such as +5 or -5')
      .transform(Number)
      .pipe(fields.signedAmount),
    ...actOptions,
  }),
  run: ({ meter, units, ...options }, context) =>
    act(
      { ...options, act: { type: 'adjust', meter, amount: units } },
      context,
      'The adjustment ends with the period.',
    ),
})
