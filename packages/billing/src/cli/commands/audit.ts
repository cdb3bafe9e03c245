import { z } from 'zod'
import { counted } from '../../config/counted.ts'
import { silent } from '../../config/logger.ts'
import { createFlowgladClient } from '../../flowglad/flowgladClient.ts'
import { audit as auditBooks, type Violation } from '../../ledger/core/audit.ts'
import { isProbe } from '../../ledger/createProbe.ts'
import { auditFlowglad } from '../auditFlowglad.ts'
import { defineCommand, UsageError } from '../command.ts'
import { columns } from '../formatting.ts'
import { openLedger } from '../openLedger.ts'

export const audit = defineCommand({
  name: 'audit',
  summary: "checks every customer's counters, and prints one line per problem",
  arguments: [],
  options: ['flowglad', 'ledger', 'json'],
  details: `Checks every customer's counters against the holds, events and results that they count. Prints one line
per problem, and exits with code 1 if it finds any. Otherwise, prints how many customers and usage events it
checked. Servers can use the ledger at the same time. --flowglad also reads Flowglad's list of usage events.
The list must contain every delivered event once, with the same amount. Each listed event that this ledger
sent must be in the ledger, unless the ledger no longer keeps events of that age. Set the environment
variable FLOWGLAD_SECRET_KEY, and FLOWGLAD_BASE_URL if Flowglad isn't at its usual address.`,
  input: z.object({ flowglad: z.boolean().default(false), ledger: z.string().optional() }),
  async run({ flowglad, ...options }, context) {
    const { FLOWGLAD_SECRET_KEY: secretKey, FLOWGLAD_BASE_URL: baseUrl } = context.env
    if (flowglad && !secretKey)
      throw new UsageError('--flowglad needs the environment variable FLOWGLAD_SECRET_KEY.')
    await using ledger = await openLedger(options, context)
    const violations: Violation[] = []
    let customers = 0
    let usageEvents = 0
    for await (const customer of ledger.customers()) {
      const books = await ledger.books(customer)
      violations.push(...auditBooks(customer, books))
      if (isProbe(customer)) continue
      customers += 1
      for (const { count } of books.events) usageEvents += count
      if (customers % 100 === 0) context.progress(`Checked ${customers} customers`)
    }
    if (flowglad && secretKey) {
      const settings = { secretKey, baseUrl: baseUrl || undefined }
      const client = createFlowgladClient(settings, { deadlineMs: 30_000, logger: silent })
      violations.push(...(await auditFlowglad(ledger, client, context)))
    }
    const checked = `Checked ${counted(customers, 'customer')} and ${counted(usageEvents, 'usage event')}`
    return {
      code: violations.length === 0 ? 0 : 1,
      text:
        violations.length === 0
          ? `${checked}: the ledger is consistent${flowglad ? ', and agrees with Flowglad' : ''}.\n`
          : columns(violations.map(({ customer, problem }) => [customer, problem])),
      json: { customers, usageEvents, violations },
    }
  },
})
