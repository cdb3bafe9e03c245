import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { columns } from '../formatting.ts'
import { openLedger } from '../openLedger.ts'

const shown = 1_000

export const parked = defineCommand({
  name: 'parked',
  summary: 'lists the usage events that Flowglad keeps rejecting',
  arguments: [],
  options: ['ledger', 'json'],
  details: `Lists up to ${shown} parked usage events: customer, attempt, meter, amount, and why Flowglad rejected them.
A server retries a parked event every hour. See also metered retry and metered drop.`,
  input: z.object({ ledger: z.string().optional() }),
  async run(options, context) {
    await using ledger = await openLedger(options, context)
    const events = await ledger.parked(shown)
    const rows = events.map((it) => [it.customer, it.attempt, it.meter, it.amount, it.reason])
    return { text: rows.length === 0 ? 'No usage events are parked.\n' : columns(rows), json: events }
  },
})
