import { z } from 'zod'
import { silent } from '../../config/logger.ts'
import { createFlowgladClient } from '../../flowglad/flowgladClient.ts'
import type { Violation } from '../../ledger/core/audit.ts'
import { auditFlowglad } from '../auditFlowglad.ts'
import { defineCommand, UsageError } from '../command.ts'
import { columns } from '../formatting.ts'
import { openLedger } from '../openLedger.ts'

export const audit = defineCommand({
  name: 'audit',
  summary: 'checks the books, and prints one line per contradiction',
  arguments: [],
  options: ['flowglad', 'ledger', 'json'],
  details: `Checks every customer's counters against the holds, events and results that they count. Prints one line
per violation, and exits with 1 if there is one. Servers can use the ledger meanwhile.
--flowglad also reads Flowglad's list of usage events: every delivered event must be there once, with the
same amount, and the list must have no event of this ledger that the ledger lacks. It needs the
environment variables FLOWGLAD_SECRET_KEY and, for another address than Flowglad's, FLOWGLAD_BASE_URL.`,
  input: z.object({ flowglad: z.boolean().default(false), ledger: z.string().optional() }),
  async run({ flowglad, ...options }, context) {
    const { FLOWGLAD_SECRET_KEY: secretKey, FLOWGLAD_BASE_URL: baseUrl } = context.env
    if (flowglad && !secretKey)
      throw new UsageError('--flowglad needs the environment variable FLOWGLAD_SECRET_KEY.')
    await using ledger = await openLedger(options, context)
    const violations: Violation[] = []
    for await (const customer of ledger.customers()) {
      violations.push(...(await ledger.audit(customer)))
    }
    if (flowglad && secretKey) {
      const settings = { secretKey, baseUrl: baseUrl || undefined }
      const client = createFlowgladClient(settings, { deadlineMs: 30_000, logger: silent })
      violations.push(...(await auditFlowglad(ledger, client)))
    }
    return {
      code: violations.length === 0 ? 0 : 1,
      text:
        violations.length === 0
          ? `The books are consistent${flowglad ? ', also with Flowglad' : ''}.\n`
          : columns(violations.map(({ customer, problem }) => [customer, problem])),
      json: { violations },
    }
  },
})
