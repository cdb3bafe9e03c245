import { z } from 'zod'
import { attempt, customer, meter, text } from '../ledger/fields.ts'
import type { OptionName } from './options.ts'

/** The options of every command that makes and records an operator's change. */
export const actOptions = {
  reason: text(1024),
  by: text(256).optional(),
  ledger: z.string().optional(),
}

/** The command line of a command that changes one usage event. */
export const eventAct = {
  arguments: ['customer', 'attempt', 'meter'],
  options: ['reason', 'by', 'ledger', 'json'],
  input: z.object({ customer, attempt, meter, ...actOptions }),
} satisfies { arguments: string[]; options: OptionName[]; input: z.ZodType }
